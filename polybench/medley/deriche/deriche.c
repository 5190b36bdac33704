/*
 * deriche: Deriche's recursive edge smoothing filter on a w x h image.
 *
 * Each direction is filtered by two recurrences, one running forward and one
 * backward, whose sum is the response. Along rows, with x = imgIn:
 *
 *   y1_j = a1 x_j     + a2 x_{j-1} + b1 y1_{j-1} + b2 y1_{j-2}
 *   y2_j = a3 x_{j+1} + a4 x_{j+2} + b1 y2_{j+1} + b2 y2_{j+2}
 *   imgOut = c1 (y1 + y2)
 *
 * and then along columns, with x = imgOut and a5 .. a8, c2. Values outside the
 * image are zero. The coefficients follow from the filter's width alpha:
 *
 *   k  = (1 - e^-alpha)^2 / (1 + 2 alpha e^-alpha - e^(2 alpha))
 *   a1 = k,  a2 = k e^-alpha (alpha - 1),  a3 = k e^-alpha (alpha + 1),
 *   a4 = -k e^(-2 alpha),  b1 = 2^-alpha,  b2 = -e^(-2 alpha)
 */
#define POLYBENCH_DEFAULT_FLOAT
#include "../../polybench.h"

#ifndef W
#define W POLYBENCH_SIZE(64, 192, 720, 4096, 7680)
#endif
#ifndef H
#define H POLYBENCH_SIZE(64, 128, 480, 2160, 4320)
#endif

static void init_array(int w, int h, DATA_TYPE *alpha, DATA_TYPE imgIn[W][H])
{
    int i, j;

    *alpha = 0.25;
    /* Grey values between 0 and 1. */
    for (i = 0; i < w; i++)
        for (j = 0; j < h; j++)
            imgIn[i][j] = (DATA_TYPE)((313 * i + 991 * j) % 65536) / 65535.0f;
}

static void kernel_deriche(int w, int h, DATA_TYPE alpha, DATA_TYPE imgIn[W][H],
                           DATA_TYPE imgOut[W][H], DATA_TYPE y1[W][H],
                           DATA_TYPE y2[W][H])
{
    int i, j;
    DATA_TYPE xm1, tm1, ym1, ym2;
    DATA_TYPE xp1, xp2, tp1, tp2, yp1, yp2;
    DATA_TYPE k, a1, a2, a3, a4, a5, a6, a7, a8, b1, b2, c1, c2;

#pragma scop
    k = (SCALAR_VAL(1.0) - EXP_FUN(-alpha)) * (SCALAR_VAL(1.0) - EXP_FUN(-alpha))
        / (SCALAR_VAL(1.0) + SCALAR_VAL(2.0) * alpha * EXP_FUN(-alpha)
           - EXP_FUN(SCALAR_VAL(2.0) * alpha));
    a1 = k;
    a5 = k;
    a2 = k * EXP_FUN(-alpha) * (alpha - SCALAR_VAL(1.0));
    a6 = a2;
    a3 = k * EXP_FUN(-alpha) * (alpha + SCALAR_VAL(1.0));
    a7 = a3;
    a4 = -k * EXP_FUN(SCALAR_VAL(-2.0) * alpha);
    a8 = a4;
    b1 = POW_FUN(SCALAR_VAL(2.0), -alpha);
    b2 = -EXP_FUN(SCALAR_VAL(-2.0) * alpha);
    c1 = 1;
    c2 = 1;

    for (i = 0; i < w; i++) {
        ym1 = SCALAR_VAL(0.0);
        ym2 = SCALAR_VAL(0.0);
        xm1 = SCALAR_VAL(0.0);
        for (j = 0; j < h; j++) {
            y1[i][j] = a1 * imgIn[i][j] + a2 * xm1 + b1 * ym1 + b2 * ym2;
            xm1 = imgIn[i][j];
            ym2 = ym1;
            ym1 = y1[i][j];
        }
    }

    for (i = 0; i < w; i++) {
        yp1 = SCALAR_VAL(0.0);
        yp2 = SCALAR_VAL(0.0);
        xp1 = SCALAR_VAL(0.0);
        xp2 = SCALAR_VAL(0.0);
        for (j = h - 1; j >= 0; j--) {
            y2[i][j] = a3 * xp1 + a4 * xp2 + b1 * yp1 + b2 * yp2;
            xp2 = xp1;
            xp1 = imgIn[i][j];
            yp2 = yp1;
            yp1 = y2[i][j];
        }
    }

    for (i = 0; i < w; i++)
        for (j = 0; j < h; j++)
            imgOut[i][j] = c1 * (y1[i][j] + y2[i][j]);

    for (j = 0; j < h; j++) {
        tm1 = SCALAR_VAL(0.0);
        ym1 = SCALAR_VAL(0.0);
        ym2 = SCALAR_VAL(0.0);
        for (i = 0; i < w; i++) {
            y1[i][j] = a5 * imgOut[i][j] + a6 * tm1 + b1 * ym1 + b2 * ym2;
            tm1 = imgOut[i][j];
            ym2 = ym1;
            ym1 = y1[i][j];
        }
    }

    for (j = 0; j < h; j++) {
        tp1 = SCALAR_VAL(0.0);
        tp2 = SCALAR_VAL(0.0);
        yp1 = SCALAR_VAL(0.0);
        yp2 = SCALAR_VAL(0.0);
        for (i = w - 1; i >= 0; i--) {
            y2[i][j] = a7 * tp1 + a8 * tp2 + b1 * yp1 + b2 * yp2;
            tp2 = tp1;
            tp1 = imgOut[i][j];
            yp2 = yp1;
            yp1 = y2[i][j];
        }
    }

    for (i = 0; i < w; i++)
        for (j = 0; j < h; j++)
            imgOut[i][j] = c2 * (y1[i][j] + y2[i][j]);
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha;
    POLYBENCH_ARRAY imgIn[W][H];
    POLYBENCH_ARRAY imgOut[W][H];
    POLYBENCH_ARRAY y1[W][H];
    POLYBENCH_ARRAY y2[W][H];

    init_array(W, H, &alpha, imgIn);
    POLYBENCH_RUN(kernel_deriche(W, H, alpha, imgIn, imgOut, y1, y2));
    POLYBENCH_REPORT(imgOut);
    return 0;
}
