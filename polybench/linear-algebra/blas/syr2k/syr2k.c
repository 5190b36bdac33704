/*
 * syr2k: symmetric rank-2k update of the lower triangle of C.
 *
 *   C = alpha A B^T + alpha B A^T + beta C,   A, B: n x m,  C: n x n
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int n, int m, DATA_TYPE *alpha, DATA_TYPE *beta,
                       DATA_TYPE C[N][N], DATA_TYPE A[N][M],
                       DATA_TYPE B[N][M])
{
    int i, j;

    *alpha = 1.5;
    *beta = 1.2;
    for (i = 0; i < n; i++)
        for (j = 0; j < m; j++) {
            A[i][j] = (DATA_TYPE)((i * j + 1) % n) / n;
            B[i][j] = (DATA_TYPE)((i * j + 2) % m) / m;
        }
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            C[i][j] = (DATA_TYPE)((i * j + 3) % n) / m;
}

static void kernel_syr2k(int n, int m, DATA_TYPE alpha, DATA_TYPE beta,
                         DATA_TYPE C[N][N], DATA_TYPE A[N][M],
                         DATA_TYPE B[N][M])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < n; i++) {
        for (j = 0; j <= i; j++)
            C[i][j] *= beta;
        for (k = 0; k < m; k++)
            for (j = 0; j <= i; j++)
                C[i][j] += A[j][k] * alpha * B[i][k] + B[j][k] * alpha * A[i][k];
    }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha, beta;
    POLYBENCH_ARRAY C[N][N];
    POLYBENCH_ARRAY A[N][M];
    POLYBENCH_ARRAY B[N][M];

    init_array(N, M, &alpha, &beta, C, A, B);
    POLYBENCH_RUN(kernel_syr2k(N, M, alpha, beta, C, A, B));
    POLYBENCH_REPORT(C);
    return 0;
}
