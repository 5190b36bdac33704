/*
 * 2mm: two matrix products in a row.
 *
 *   D = alpha A B C + beta D,   A: ni x nk,  B: nk x nj,  C: nj x nl,
 *                               D: ni x nl;  tmp = alpha A B
 */
#include "../../../polybench.h"

#ifndef NI
#define NI POLYBENCH_SIZE(16, 40, 180, 800, 1600)
#endif
#ifndef NJ
#define NJ POLYBENCH_SIZE(18, 50, 190, 900, 1800)
#endif
#ifndef NK
#define NK POLYBENCH_SIZE(22, 70, 210, 1100, 2200)
#endif
#ifndef NL
#define NL POLYBENCH_SIZE(24, 80, 220, 1200, 2400)
#endif

static void init_array(int ni, int nj, int nk, int nl, DATA_TYPE *alpha,
                       DATA_TYPE *beta, DATA_TYPE A[NI][NK],
                       DATA_TYPE B[NK][NJ], DATA_TYPE C[NJ][NL],
                       DATA_TYPE D[NI][NL])
{
    int i, j;

    *alpha = 1.5;
    *beta = 1.2;
    for (i = 0; i < ni; i++)
        for (j = 0; j < nk; j++)
            A[i][j] = (DATA_TYPE)((i * j + 1) % ni) / ni;
    for (i = 0; i < nk; i++)
        for (j = 0; j < nj; j++)
            B[i][j] = (DATA_TYPE)(i * (j + 1) % nj) / nj;
    for (i = 0; i < nj; i++)
        for (j = 0; j < nl; j++)
            C[i][j] = (DATA_TYPE)((i * (j + 3) + 1) % nl) / nl;
    for (i = 0; i < ni; i++)
        for (j = 0; j < nl; j++)
            D[i][j] = (DATA_TYPE)(i * (j + 2) % nk) / nk;
}

static void kernel_2mm(int ni, int nj, int nk, int nl, DATA_TYPE alpha,
                       DATA_TYPE beta, DATA_TYPE tmp[NI][NJ],
                       DATA_TYPE A[NI][NK], DATA_TYPE B[NK][NJ],
                       DATA_TYPE C[NJ][NL], DATA_TYPE D[NI][NL])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < ni; i++)
        for (j = 0; j < nj; j++) {
            tmp[i][j] = SCALAR_VAL(0.0);
            for (k = 0; k < nk; k++)
                tmp[i][j] += alpha * A[i][k] * B[k][j];
        }

    for (i = 0; i < ni; i++)
        for (j = 0; j < nl; j++) {
            D[i][j] *= beta;
            for (k = 0; k < nj; k++)
                D[i][j] += tmp[i][k] * C[k][j];
        }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha, beta;
    POLYBENCH_ARRAY tmp[NI][NJ];
    POLYBENCH_ARRAY A[NI][NK];
    POLYBENCH_ARRAY B[NK][NJ];
    POLYBENCH_ARRAY C[NJ][NL];
    POLYBENCH_ARRAY D[NI][NL];

    init_array(NI, NJ, NK, NL, &alpha, &beta, A, B, C, D);
    POLYBENCH_RUN(kernel_2mm(NI, NJ, NK, NL, alpha, beta, tmp, A, B, C, D));
    POLYBENCH_REPORT(D);
    return 0;
}
