/*
 * trisolv: forward substitution in a lower triangular system.
 *
 *   L x = b:   x_i = (b_i - sum_{j<i} L_ij x_j) / L_ii
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE L[N][N], DATA_TYPE x[N], DATA_TYPE b[N])
{
    int i, j;

    for (i = 0; i < n; i++) {
        x[i] = -999;
        b[i] = i;
        for (j = 0; j <= i; j++)
            L[i][j] = (DATA_TYPE)(i + n - j + 1) * 2 / n;
    }
}

static void kernel_trisolv(int n, DATA_TYPE L[N][N], DATA_TYPE x[N],
                           DATA_TYPE b[N])
{
    int i, j;

#pragma scop
    for (i = 0; i < n; i++) {
        x[i] = b[i];
        for (j = 0; j < i; j++)
            x[i] -= L[i][j] * x[j];
        x[i] = x[i] / L[i][i];
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY L[N][N];
    POLYBENCH_ARRAY x[N];
    POLYBENCH_ARRAY b[N];

    init_array(N, L, x, b);
    POLYBENCH_RUN(kernel_trisolv(N, L, x, b));
    POLYBENCH_REPORT(x);
    return 0;
}
