/*
 * jacobi-1d: three-point averaging on a line, two steps at a time, from A to B
 * and back; the two ends stay as they are.
 *
 *   B_i = 0.33333 (A_{i-1} + A_i + A_{i+1})
 *   A_i = 0.33333 (B_{i-1} + B_i + B_{i+1})
 */
#include "../../polybench.h"

#ifndef TSTEPS
#define TSTEPS POLYBENCH_SIZE(20, 40, 100, 500, 1000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(30, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE A[N], DATA_TYPE B[N])
{
    int i;

    for (i = 0; i < n; i++) {
        A[i] = ((DATA_TYPE)i + 2) / n;
        B[i] = ((DATA_TYPE)i + 3) / n;
    }
}

static void kernel_jacobi_1d(int tsteps, int n, DATA_TYPE A[N], DATA_TYPE B[N])
{
    int t, i;

#pragma scop
    for (t = 0; t < tsteps; t++) {
        for (i = 1; i < n - 1; i++)
            B[i] = 0.33333 * (A[i - 1] + A[i] + A[i + 1]);
        for (i = 1; i < n - 1; i++)
            A[i] = 0.33333 * (B[i - 1] + B[i] + B[i + 1]);
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[N];
    POLYBENCH_ARRAY B[N];

    init_array(N, A, B);
    POLYBENCH_RUN(kernel_jacobi_1d(TSTEPS, N, A, B));
    POLYBENCH_REPORT(A);
    return 0;
}
