/*
 * gramschmidt: QR factorization by the modified Gram-Schmidt process.
 *
 *   A = Q R,   A, Q: m x n with orthonormal columns in Q,
 *              R: n x n upper triangular
 *
 *   R_kk = |a_k|,  q_k = a_k / R_kk
 *   R_kj = q_k . a_j,  a_j = a_j - R_kj q_k     for j > k
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int m, int n, DATA_TYPE A[M][N], DATA_TYPE R[N][N],
                       DATA_TYPE Q[M][N])
{
    int i, j;

    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++) {
            A[i][j] = (((DATA_TYPE)(i * j % m) / m) * 100) + 10;
            Q[i][j] = 0.0;
        }
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            R[i][j] = 0.0;
}

static void kernel_gramschmidt(int m, int n, DATA_TYPE A[M][N],
                               DATA_TYPE R[N][N], DATA_TYPE Q[M][N])
{
    int i, j, k;
    DATA_TYPE nrm;

#pragma scop
    for (k = 0; k < n; k++) {
        nrm = SCALAR_VAL(0.0);
        for (i = 0; i < m; i++)
            nrm += A[i][k] * A[i][k];
        R[k][k] = SQRT_FUN(nrm);
        for (i = 0; i < m; i++)
            Q[i][k] = A[i][k] / R[k][k];
        for (j = k + 1; j < n; j++) {
            R[k][j] = SCALAR_VAL(0.0);
            for (i = 0; i < m; i++)
                R[k][j] += Q[i][k] * A[i][j];
            for (i = 0; i < m; i++)
                A[i][j] = A[i][j] - Q[i][k] * R[k][j];
        }
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[M][N];
    POLYBENCH_ARRAY R[N][N];
    POLYBENCH_ARRAY Q[M][N];

    init_array(M, N, A, R, Q);
    POLYBENCH_RUN(kernel_gramschmidt(M, N, A, R, Q));
    POLYBENCH_REPORT(R);
    POLYBENCH_REPORT(Q);
    return 0;
}
