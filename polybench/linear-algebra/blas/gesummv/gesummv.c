/*
 * gesummv: the weighted sum of two matrix-vector products.
 *
 *   y = alpha A x + beta B x,   A, B: n x n
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(30, 90, 250, 1300, 2800)
#endif

static void init_array(int n, DATA_TYPE *alpha, DATA_TYPE *beta,
                       DATA_TYPE A[N][N], DATA_TYPE B[N][N], DATA_TYPE x[N])
{
    int i, j;

    *alpha = 1.5;
    *beta = 1.2;
    for (i = 0; i < n; i++) {
        x[i] = (DATA_TYPE)(i % n) / n;
        for (j = 0; j < n; j++) {
            A[i][j] = (DATA_TYPE)((i * j + 1) % n) / n;
            B[i][j] = (DATA_TYPE)((i * j + 2) % n) / n;
        }
    }
}

static void kernel_gesummv(int n, DATA_TYPE alpha, DATA_TYPE beta,
                           DATA_TYPE A[N][N], DATA_TYPE B[N][N],
                           DATA_TYPE tmp[N], DATA_TYPE x[N], DATA_TYPE y[N])
{
    int i, j;

#pragma scop
    for (i = 0; i < n; i++) {
        tmp[i] = SCALAR_VAL(0.0);
        y[i] = SCALAR_VAL(0.0);
        for (j = 0; j < n; j++) {
            tmp[i] = A[i][j] * x[j] + tmp[i];
            y[i] = B[i][j] * x[j] + y[i];
        }
        y[i] = alpha * tmp[i] + beta * y[i];
    }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha, beta;
    POLYBENCH_ARRAY A[N][N];
    POLYBENCH_ARRAY B[N][N];
    POLYBENCH_ARRAY tmp[N];
    POLYBENCH_ARRAY x[N];
    POLYBENCH_ARRAY y[N];

    init_array(N, &alpha, &beta, A, B, x);
    POLYBENCH_RUN(kernel_gesummv(N, alpha, beta, A, B, tmp, x, y));
    POLYBENCH_REPORT(y);
    return 0;
}
