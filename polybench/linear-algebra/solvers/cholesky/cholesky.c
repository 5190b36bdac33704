/*
 * cholesky: factorization of a symmetric positive definite matrix, in place.
 *
 *   A = L L^T,   L lower triangular, left in the lower triangle of A
 *
 *   L_ij = (A_ij - sum_{k<j} L_ik L_jk) / L_jj     for j < i
 *   L_ii = sqrt(A_ii - sum_{k<i} L_ik^2)
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE A[N][N])
{
    polybench_positive_definite(n, A);
}

static void kernel_cholesky(int n, DATA_TYPE A[N][N])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < n; i++) {
        for (j = 0; j < i; j++) {
            for (k = 0; k < j; k++)
                A[i][j] -= A[i][k] * A[j][k];
            A[i][j] /= A[j][j];
        }
        for (k = 0; k < i; k++)
            A[i][i] -= A[i][k] * A[i][k];
        A[i][i] = SQRT_FUN(A[i][i]);
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][N];

    init_array(N, A);
    POLYBENCH_RUN(kernel_cholesky(N, A));
    POLYBENCH_REPORT(A);
    return 0;
}
