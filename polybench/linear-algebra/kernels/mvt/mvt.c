/*
 * mvt: a matrix-vector product and a transposed one with the same matrix.
 *
 *   x1 = x1 + A y_1,   x2 = x2 + A^T y_2,   A: n x n
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE x1[N], DATA_TYPE x2[N],
                       DATA_TYPE y_1[N], DATA_TYPE y_2[N], DATA_TYPE A[N][N])
{
    int i, j;

    for (i = 0; i < n; i++) {
        x1[i] = (DATA_TYPE)(i % n) / n;
        x2[i] = (DATA_TYPE)((i + 1) % n) / n;
        y_1[i] = (DATA_TYPE)((i + 3) % n) / n;
        y_2[i] = (DATA_TYPE)((i + 4) % n) / n;
        for (j = 0; j < n; j++)
            A[i][j] = (DATA_TYPE)(i * j % n) / n;
    }
}

static void kernel_mvt(int n, DATA_TYPE x1[N], DATA_TYPE x2[N],
                       DATA_TYPE y_1[N], DATA_TYPE y_2[N], DATA_TYPE A[N][N])
{
    int i, j;

#pragma scop
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            x1[i] = x1[i] + A[i][j] * y_1[j];
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            x2[i] = x2[i] + A[j][i] * y_2[j];
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY x1[N];
    POLYBENCH_ARRAY x2[N];
    POLYBENCH_ARRAY y_1[N];
    POLYBENCH_ARRAY y_2[N];
    POLYBENCH_ARRAY A[N][N];

    init_array(N, x1, x2, y_1, y_2, A);
    POLYBENCH_RUN(kernel_mvt(N, x1, x2, y_1, y_2, A));
    POLYBENCH_REPORT(x1);
    POLYBENCH_REPORT(x2);
    return 0;
}
