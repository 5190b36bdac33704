/*
 * jacobi-2d: five-point averaging in the plane, two steps at a time, from A to
 * B and back; the border stays as it is.
 *
 *   B_ij = 0.2 (A_ij + A_{i,j-1} + A_{i,j+1} + A_{i+1,j} + A_{i-1,j})
 *   A_ij = 0.2 (B_ij + B_{i,j-1} + B_{i,j+1} + B_{i+1,j} + B_{i-1,j})
 */
#include "../../polybench.h"

#ifndef TSTEPS
#define TSTEPS POLYBENCH_SIZE(20, 40, 100, 500, 1000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 90, 250, 1300, 2800)
#endif

static void init_array(int n, DATA_TYPE A[N][N], DATA_TYPE B[N][N])
{
    int i, j;

    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) {
            A[i][j] = ((DATA_TYPE)i * (j + 2) + 2) / n;
            B[i][j] = ((DATA_TYPE)i * (j + 3) + 3) / n;
        }
}

static void kernel_jacobi_2d(int tsteps, int n, DATA_TYPE A[N][N],
                             DATA_TYPE B[N][N])
{
    int t, i, j;

#pragma scop
    for (t = 0; t < tsteps; t++) {
        for (i = 1; i < n - 1; i++)
            for (j = 1; j < n - 1; j++)
                B[i][j] = SCALAR_VAL(0.2) * (A[i][j] + A[i][j - 1] + A[i][j + 1] + A[i + 1][j] + A[i - 1][j]);
        for (i = 1; i < n - 1; i++)
            for (j = 1; j < n - 1; j++)
                A[i][j] = SCALAR_VAL(0.2) * (B[i][j] + B[i][j - 1] + B[i][j + 1] + B[i + 1][j] + B[i - 1][j]);
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][N];
    POLYBENCH_ARRAY B[N][N];

    init_array(N, A, B);
    POLYBENCH_RUN(kernel_jacobi_2d(TSTEPS, N, A, B));
    POLYBENCH_REPORT(A);
    return 0;
}
