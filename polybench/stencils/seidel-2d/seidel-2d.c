/*
 * seidel-2d: nine-point averaging in the plane by Gauss-Seidel sweeps, each
 * element using those already updated in the same sweep; the border stays.
 *
 *   A_ij = (1/9) sum_{|di|, |dj| <= 1} A_{i+di, j+dj}
 */
#include "../../polybench.h"

#ifndef TSTEPS
#define TSTEPS POLYBENCH_SIZE(20, 40, 100, 500, 1000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE A[N][N])
{
    int i, j;

    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            A[i][j] = ((DATA_TYPE)i * (j + 2) + 2) / n;
}

static void kernel_seidel_2d(int tsteps, int n, DATA_TYPE A[N][N])
{
    int t, i, j;

#pragma scop
    for (t = 0; t <= tsteps - 1; t++)
        for (i = 1; i <= n - 2; i++)
            for (j = 1; j <= n - 2; j++)
                A[i][j] = (A[i - 1][j - 1] + A[i - 1][j] + A[i - 1][j + 1]
                           + A[i][j - 1] + A[i][j] + A[i][j + 1]
                           + A[i + 1][j - 1] + A[i + 1][j] + A[i + 1][j + 1])
                          / SCALAR_VAL(9.0);
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][N];

    init_array(N, A);
    POLYBENCH_RUN(kernel_seidel_2d(TSTEPS, N, A));
    POLYBENCH_REPORT(A);
    return 0;
}
