/*
 * ludcmp: a system of linear equations solved by LU factorization without
 * pivoting, forward and backward substitution.
 *
 *   A x = b:   A = L U,   L y = b,   U x = y
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE A[N][N], DATA_TYPE b[N], DATA_TYPE x[N],
                       DATA_TYPE y[N])
{
    int i;
    DATA_TYPE fn = (DATA_TYPE)n;

    for (i = 0; i < n; i++) {
        x[i] = 0;
        y[i] = 0;
        b[i] = (i + 1) / fn / 2.0 + 4;
    }
    polybench_positive_definite(n, A);
}

static void kernel_ludcmp(int n, DATA_TYPE A[N][N], DATA_TYPE b[N],
                          DATA_TYPE x[N], DATA_TYPE y[N])
{
    int i, j, k;
    DATA_TYPE w;

#pragma scop
    for (i = 0; i < n; i++) {
        for (j = 0; j < i; j++) {
            w = A[i][j];
            for (k = 0; k < j; k++)
                w -= A[i][k] * A[k][j];
            A[i][j] = w / A[j][j];
        }
        for (j = i; j < n; j++) {
            w = A[i][j];
            for (k = 0; k < i; k++)
                w -= A[i][k] * A[k][j];
            A[i][j] = w;
        }
    }

    for (i = 0; i < n; i++) {
        w = b[i];
        for (j = 0; j < i; j++)
            w -= A[i][j] * y[j];
        y[i] = w;
    }

    for (i = n - 1; i >= 0; i--) {
        w = y[i];
        for (j = i + 1; j < n; j++)
            w -= A[i][j] * x[j];
        x[i] = w / A[i][i];
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][N];
    POLYBENCH_ARRAY b[N];
    POLYBENCH_ARRAY x[N];
    POLYBENCH_ARRAY y[N];

    init_array(N, A, b, x, y);
    POLYBENCH_RUN(kernel_ludcmp(N, A, b, x, y));
    POLYBENCH_REPORT(x);
    return 0;
}
