/*
 * lu: factorization into triangular matrices without pivoting, in place.
 *
 *   A = L U,   L unit lower triangular, U upper triangular, both left in A
 *
 *   L_ij = (A_ij - sum_{k<j} L_ik U_kj) / U_jj     for j < i
 *   U_ij =  A_ij - sum_{k<i} L_ik U_kj             for j >= i
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE A[N][N])
{
    polybench_positive_definite(n, A);
}

static void kernel_lu(int n, DATA_TYPE A[N][N])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < n; i++) {
        for (j = 0; j < i; j++) {
            for (k = 0; k < j; k++)
                A[i][j] -= A[i][k] * A[k][j];
            A[i][j] /= A[j][j];
        }
        for (j = i; j < n; j++)
            for (k = 0; k < i; k++)
                A[i][j] -= A[i][k] * A[k][j];
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][N];

    init_array(N, A);
    POLYBENCH_RUN(kernel_lu(N, A));
    POLYBENCH_REPORT(A);
    return 0;
}
