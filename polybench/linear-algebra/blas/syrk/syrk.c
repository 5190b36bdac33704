/*
 * syrk: symmetric rank-k update of the lower triangle of C.
 *
 *   C = alpha A A^T + beta C,   A: n x m,  C: n x n
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int n, int m, DATA_TYPE *alpha, DATA_TYPE *beta,
                       DATA_TYPE C[N][N], DATA_TYPE A[N][M])
{
    int i, j;

    *alpha = 1.5;
    *beta = 1.2;
    for (i = 0; i < n; i++)
        for (j = 0; j < m; j++)
            A[i][j] = (DATA_TYPE)((i * j + 1) % n) / n;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            C[i][j] = (DATA_TYPE)((i * j + 2) % m) / m;
}

static void kernel_syrk(int n, int m, DATA_TYPE alpha, DATA_TYPE beta,
                        DATA_TYPE C[N][N], DATA_TYPE A[N][M])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < n; i++) {
        for (j = 0; j <= i; j++)
            C[i][j] *= beta;
        for (k = 0; k < m; k++)
            for (j = 0; j <= i; j++)
                C[i][j] += alpha * A[i][k] * A[j][k];
    }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha, beta;
    POLYBENCH_ARRAY C[N][N];
    POLYBENCH_ARRAY A[N][M];

    init_array(N, M, &alpha, &beta, C, A);
    POLYBENCH_RUN(kernel_syrk(N, M, alpha, beta, C, A));
    POLYBENCH_REPORT(C);
    return 0;
}
