/*
 * heat-3d: the heat equation in a cube, two explicit steps at a time, from A
 * to B and back; the boundary stays as it is.
 *
 *   B = A + 1/8 (second difference of A along each of the three axes)
 *   A = B + 1/8 (second difference of B along each of the three axes)
 */
#include "../../polybench.h"

#ifndef TSTEPS
#define TSTEPS POLYBENCH_SIZE(20, 40, 100, 500, 1000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(10, 20, 40, 120, 200)
#endif

static void init_array(int n, DATA_TYPE A[N][N][N], DATA_TYPE B[N][N][N])
{
    int i, j, k;

    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            for (k = 0; k < n; k++) {
                A[i][j][k] = (DATA_TYPE)(i + j + (n - k)) * 10 / n;
                B[i][j][k] = A[i][j][k];
            }
}

static void kernel_heat_3d(int tsteps, int n, DATA_TYPE A[N][N][N],
                           DATA_TYPE B[N][N][N])
{
    int t, i, j, k;

#pragma scop
    for (t = 1; t <= tsteps; t++) {
        for (i = 1; i < n - 1; i++)
            for (j = 1; j < n - 1; j++)
                for (k = 1; k < n - 1; k++)
                    B[i][j][k] =
                        SCALAR_VAL(0.125) * (A[i + 1][j][k] - SCALAR_VAL(2.0) * A[i][j][k] + A[i - 1][j][k])
                        + SCALAR_VAL(0.125) * (A[i][j + 1][k] - SCALAR_VAL(2.0) * A[i][j][k] + A[i][j - 1][k])
                        + SCALAR_VAL(0.125) * (A[i][j][k + 1] - SCALAR_VAL(2.0) * A[i][j][k] + A[i][j][k - 1])
                        + A[i][j][k];
        for (i = 1; i < n - 1; i++)
            for (j = 1; j < n - 1; j++)
                for (k = 1; k < n - 1; k++)
                    A[i][j][k] =
                        SCALAR_VAL(0.125) * (B[i + 1][j][k] - SCALAR_VAL(2.0) * B[i][j][k] + B[i - 1][j][k])
                        + SCALAR_VAL(0.125) * (B[i][j + 1][k] - SCALAR_VAL(2.0) * B[i][j][k] + B[i][j - 1][k])
                        + SCALAR_VAL(0.125) * (B[i][j][k + 1] - SCALAR_VAL(2.0) * B[i][j][k] + B[i][j][k - 1])
                        + B[i][j][k];
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][N][N];
    POLYBENCH_ARRAY B[N][N][N];

    init_array(N, A, B);
    POLYBENCH_RUN(kernel_heat_3d(TSTEPS, N, A, B));
    POLYBENCH_REPORT(A);
    return 0;
}
