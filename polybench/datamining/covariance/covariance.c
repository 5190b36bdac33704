/*
 * covariance: the m x m sample covariance matrix of the columns of an n x m
 * table of observations.
 *
 *   mean_j  = (1/n) sum_i data_ij
 *   data_ij = data_ij - mean_j
 *   cov_ij  = (1/(n-1)) sum_k data_ki data_kj,  cov symmetric
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
            data[i][j] = (DATA_TYPE)i * j / m;
}

static void kernel_covariance(int m, int n, DATA_TYPE float_n,
                              DATA_TYPE data[N][M], DATA_TYPE cov[M][M],
                              DATA_TYPE mean[M])
{
    int i, j, k;

#pragma scop
    for (j = 0; j < m; j++) {
        mean[j] = SCALAR_VAL(0.0);
        for (i = 0; i < n; i++)
            mean[j] += data[i][j];
        mean[j] /= float_n;
    }

    for (i = 0; i < n; i++)
        for (j = 0; j < m; j++)
            data[i][j] -= mean[j];

    for (i = 0; i < m; i++)
        for (j = i; j < m; j++) {
            cov[i][j] = SCALAR_VAL(0.0);
            for (k = 0; k < n; k++)
                cov[i][j] += data[k][i] * data[k][j];
            cov[i][j] /= (float_n - SCALAR_VAL(1.0));
            cov[j][i] = cov[i][j];
        }
#pragma endscop
}

int main(void)
{
    DATA_TYPE float_n;
    POLYBENCH_ARRAY data[N][M];
    POLYBENCH_ARRAY cov[M][M];
    POLYBENCH_ARRAY mean[M];

    init_array(M, N, &float_n, data);
    POLYBENCH_RUN(kernel_covariance(M, N, float_n, data, cov, mean));
    POLYBENCH_REPORT(cov);
    return 0;
}
