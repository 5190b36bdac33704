/*
 * trmm: product with the transpose of a unit lower triangular matrix.
 *
 *   B = alpha A^T B,   A: m x m unit lower triangular,  B: m x n
 *
 * Row i of the result needs only rows k > i of B, so B is replaced from the
 * top down. The diagonal of A is taken to be one and not read.
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int m, int n, DATA_TYPE *alpha, DATA_TYPE A[M][M],
                       DATA_TYPE B[M][N])
{
    int i, j;

    *alpha = 1.5;
    for (i = 0; i < m; i++) {
        for (j = 0; j < i; j++)
            A[i][j] = (DATA_TYPE)((i + j) % m) / m;
        A[i][i] = 1.0;
        for (j = 0; j < n; j++)
            B[i][j] = (DATA_TYPE)((n + (i - j)) % n) / n;
    }
}

static void kernel_trmm(int m, int n, DATA_TYPE alpha, DATA_TYPE A[M][M],
                        DATA_TYPE B[M][N])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++) {
            for (k = i + 1; k < m; k++)
                B[i][j] += A[k][i] * B[k][j];
            B[i][j] = alpha * B[i][j];
        }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha;
    POLYBENCH_ARRAY A[M][M];
    POLYBENCH_ARRAY B[M][N];

    init_array(M, N, &alpha, A, B);
    POLYBENCH_RUN(kernel_trmm(M, N, alpha, A, B));
    POLYBENCH_REPORT(B);
    return 0;
}
