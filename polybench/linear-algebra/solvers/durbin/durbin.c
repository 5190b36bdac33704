/*
 * durbin: the Levinson-Durbin recursion for the Yule-Walker equations.
 *
 *   T y = -r,   T the symmetric Toeplitz matrix with first row
 *               (1, r_0, ..., r_{n-2})
 *
 * Step k extends the solution of the leading k x k system by one unknown:
 *
 *   alpha = -(r_k + sum_{i<k} r_{k-i-1} y_i) / beta
 *   y_i   = y_i + alpha y_{k-i-1}  for i < k,   y_k = alpha
 *   beta  = (1 - alpha^2) beta     before the next step
 *
 * The vector z holds the updated y while the old one is still read.
 */
#include "../../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(40, 120, 400, 2000, 4000)
#endif

static void init_array(int n, DATA_TYPE r[N])
{
    int i;

    for (i = 0; i < n; i++)
        r[i] = n + 1 - i;
}

static void kernel_durbin(int n, DATA_TYPE r[N], DATA_TYPE y[N], DATA_TYPE z[N])
{
    int i, k;
    DATA_TYPE alpha, beta, sum;

#pragma scop
    y[0] = -r[0];
    beta = SCALAR_VAL(1.0);
    alpha = -r[0];

    for (k = 1; k < n; k++) {
        beta = (1 - alpha * alpha) * beta;
        sum = SCALAR_VAL(0.0);
        for (i = 0; i < k; i++)
            sum += r[k - i - 1] * y[i];
        alpha = -(r[k] + sum) / beta;

        for (i = 0; i < k; i++)
            z[i] = y[i] + alpha * y[k - i - 1];
        for (i = 0; i < k; i++)
            y[i] = z[i];
        y[k] = alpha;
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY r[N];
    POLYBENCH_ARRAY y[N];
    POLYBENCH_ARRAY z[N];

    init_array(N, r);
    POLYBENCH_RUN(kernel_durbin(N, r, y, z));
    POLYBENCH_REPORT(y);
    return 0;
}
