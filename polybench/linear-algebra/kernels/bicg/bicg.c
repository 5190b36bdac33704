/*
 * bicg: the two matrix-vector products of the biconjugate gradient method.
 *
 *   s = A^T r,   q = A p,   A: n x m
 */
#include "../../../polybench.h"

#ifndef M
#define M POLYBENCH_SIZE(38, 116, 390, 1900, 1800)
#endif
#ifndef N
#define N POLYBENCH_SIZE(42, 124, 410, 2100, 2200)
#endif

static void init_array(int m, int n, DATA_TYPE A[N][M], DATA_TYPE r[N],
                       DATA_TYPE p[M])
{
    int i, j;

    for (i = 0; i < m; i++)
        p[i] = (DATA_TYPE)(i % m) / m;
    for (i = 0; i < n; i++) {
        r[i] = (DATA_TYPE)(i % n) / n;
        for (j = 0; j < m; j++)
            A[i][j] = (DATA_TYPE)(i * (j + 1) % n) / n;
    }
}

static void kernel_bicg(int m, int n, DATA_TYPE A[N][M], DATA_TYPE s[M],
                        DATA_TYPE q[N], DATA_TYPE p[M], DATA_TYPE r[N])
{
    int i, j;

#pragma scop
    for (i = 0; i < m; i++)
        s[i] = 0;
    for (i = 0; i < n; i++) {
        q[i] = SCALAR_VAL(0.0);
        for (j = 0; j < m; j++) {
            s[j] = s[j] + r[i] * A[i][j];
            q[i] = q[i] + A[i][j] * p[j];
        }
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N][M];
    POLYBENCH_ARRAY s[M];
    POLYBENCH_ARRAY q[N];
    POLYBENCH_ARRAY p[M];
    POLYBENCH_ARRAY r[N];

    init_array(M, N, A, r, p);
    POLYBENCH_RUN(kernel_bicg(M, N, A, s, q, p, r));
    POLYBENCH_REPORT(s);
    POLYBENCH_REPORT(q);
    return 0;
}
