/*
 * correlation: the m x m matrix of Pearson correlation coefficients between
 * the columns of an n x m table of observations.
 *
 *   mean_j   = (1/n) sum_i data_ij
 *   stddev_j = sqrt((1/n) sum_i (data_ij - mean_j)^2),  1 where that is tiny
 *   data_ij  = (data_ij - mean_j) / (sqrt(n) stddev_j)
 *   corr_ij  = sum_k data_ki data_kj,  corr_ii = 1,  corr symmetric
 */
#include "../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(28, 80, 240, 1200, 2600)
#endif
#ifndef N
#define N POLYBENCH_SIZE(32, 100, 260, 1400, 3000)
#endif

static void init_array(int m, int n, DATA_TYPE *float_n, DATA_TYPE data[N][M])
{
    int i, j;

    *float_n = (DATA_TYPE)n;
    for (i = 0; i < n; i++)
        for (j = 0; j < m; j++)
            data[i][j] = (DATA_TYPE)(i * j) / m + i;
}

static void kernel_correlation(int m, int n, DATA_TYPE float_n,
                               DATA_TYPE data[N][M], DATA_TYPE corr[M][M],
                               DATA_TYPE mean[M], DATA_TYPE stddev[M])
{
    int i, j, k;
    DATA_TYPE eps = SCALAR_VAL(0.1);

#pragma scop
    for (j = 0; j < m; j++) {
        mean[j] = SCALAR_VAL(0.0);
        for (i = 0; i < n; i++)
            mean[j] += data[i][j];
        mean[j] /= float_n;
    }

    for (j = 0; j < m; j++) {
        stddev[j] = SCALAR_VAL(0.0);
        for (i = 0; i < n; i++)
            stddev[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
        stddev[j] /= float_n;
        stddev[j] = SQRT_FUN(stddev[j]);
        /* A column that hardly varies must not be divided by its spread. */
        stddev[j] = stddev[j] <= eps ? SCALAR_VAL(1.0) : stddev[j];
    }

    for (i = 0; i < n; i++)
        for (j = 0; j < m; j++) {
            data[i][j] -= mean[j];
            data[i][j] /= SQRT_FUN(float_n) * stddev[j];
        }

    for (i = 0; i < m - 1; i++) {
        corr[i][i] = SCALAR_VAL(1.0);
        for (j = i + 1; j < m; j++) {
            corr[i][j] = SCALAR_VAL(0.0);
            for (k = 0; k < n; k++)
                corr[i][j] += data[k][i] * data[k][j];
            corr[j][i] = corr[i][j];
        }
    }
    corr[m - 1][m - 1] = SCALAR_VAL(1.0);
#pragma endscop
}

int main(void)
{
    DATA_TYPE float_n;
    POLYBENCH_ARRAY data[N][M];
    POLYBENCH_ARRAY corr[M][M];
    POLYBENCH_ARRAY mean[M];
    POLYBENCH_ARRAY stddev[M];

    init_array(M, N, &float_n, data);
    POLYBENCH_RUN(kernel_correlation(M, N, float_n, data, corr, mean, stddev));
    POLYBENCH_REPORT(corr);
    return 0;
}
