/*
 * atax: a matrix and then its transpose applied to a vector.
 *
 *   y = A^T (A x),   A: m x n,  tmp = A x
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(38, 116, 390, 1900, 1800)
#endif
#ifndef N
#define N POLYBENCH_SIZE(42, 124, 410, 2100, 2200)
#endif

static void init_array(int m, int n, DATA_TYPE A[M][N], DATA_TYPE x[N])
{
    int i, j;
    DATA_TYPE fn = (DATA_TYPE)n;

    for (i = 0; i < n; i++)
        x[i] = 1 + (i / fn);
    for (i = 0; i < m; i++)
        for (j = 0; j < n; j++)
            A[i][j] = (DATA_TYPE)((i + j) % n) / (5 * m);
}

static void kernel_atax(int m, int n, DATA_TYPE A[M][N], DATA_TYPE x[N],
                        DATA_TYPE y[N], DATA_TYPE tmp[M])
{
    int i, j;

#pragma scop
    for (i = 0; i < n; i++)
        y[i] = 0;
    for (i = 0; i < m; i++) {
        tmp[i] = SCALAR_VAL(0.0);
        for (j = 0; j < n; j++)
            tmp[i] = tmp[i] + A[i][j] * x[j];
        for (j = 0; j < n; j++)
            y[j] = y[j] + A[i][j] * tmp[i];
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[M][N];
    POLYBENCH_ARRAY x[N];
    POLYBENCH_ARRAY y[N];
    POLYBENCH_ARRAY tmp[M];

    init_array(M, N, A, x);
    POLYBENCH_RUN(kernel_atax(M, N, A, x, y, tmp));
    POLYBENCH_REPORT(y);
    return 0;
}
