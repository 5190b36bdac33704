/*
 * symm: matrix product with a symmetric left factor, of which only the lower
 * triangle is stored.
 *
 *   C = alpha A B + beta C,   A = A^T: m x m,  B, C: m x n
 *
 * Row i of A serves twice: as row i it gives C_ij, as column i it adds to the
 * rows C_kj above, k < i. The strict upper triangle of A is never read; it is
 * filled with a value that would be noticed.
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int m, int n, DATA_TYPE *alpha, DATA_TYPE *beta,
                       DATA_TYPE C[M][N], DATA_TYPE A[M][M],
                       DATA_TYPE B[M][N])
{
    int i, j;

    *alpha = 1.5;
    *beta = 1.2;
    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++) {
            C[i][j] = (DATA_TYPE)((i + j) % 100) / m;
            B[i][j] = (DATA_TYPE)((n + i - j) % 100) / m;
        }
    for (i = 0; i < m; i++) {
        for (j = 0; j <= i; j++)
            A[i][j] = (DATA_TYPE)((i + j) % 100) / m;
        for (j = i + 1; j < m; j++)
            A[i][j] = -999;
    }
}

static void kernel_symm(int m, int n, DATA_TYPE alpha, DATA_TYPE beta,
                        DATA_TYPE C[M][N], DATA_TYPE A[M][M],
                        DATA_TYPE B[M][N])
{
    int i, j, k;
    DATA_TYPE temp2;

#pragma scop
    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++) {
            temp2 = 0;
            for (k = 0; k < i; k++) {
                C[k][j] += alpha * B[i][j] * A[i][k];
                temp2 += B[k][j] * A[i][k];
            }
            C[i][j] = beta * C[i][j] + alpha * B[i][j] * A[i][i] + alpha * temp2;
        }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha, beta;
    POLYBENCH_ARRAY C[M][N];
    POLYBENCH_ARRAY A[M][M];
    POLYBENCH_ARRAY B[M][N];

    init_array(M, N, &alpha, &beta, C, A, B);
    POLYBENCH_RUN(kernel_symm(M, N, alpha, beta, C, A, B));
    POLYBENCH_REPORT(C);
    return 0;
}
