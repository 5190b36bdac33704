/*
 * adi: the heat equation on the unit square, u_t = 2 u_xx + u_yy, by the
 * alternating direction implicit method.
 *
 * A time step has two half steps. Each is implicit in one direction, where it
 * solves a tridiagonal system for every line of the grid, and explicit in the
 * other:
 *
 *   column sweep:  a v_{j-1,i} + b v_ji + c v_{j+1,i}
 *                    = -d u_{j,i-1} + (1 + 2d) u_ji - f u_{j,i+1}
 *   row sweep:     d u_{i,j-1} + e u_ij + f u_{i,j+1}
 *                    = -a v_{i-1,j} + (1 + 2a) v_ij - c v_{i+1,j}
 *
 * The boundary is 1. Elimination keeps its coefficients in p and q:
 * forwards p_j = -c/(a p_{j-1} + b) and so on, backwards v_j = p_j v_{j+1} + q_j.
 */
#include "../../polybench.h"

#ifndef TSTEPS
#define TSTEPS POLYBENCH_SIZE(20, 40, 100, 500, 1000)
#endif
#ifndef N
#define N POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif

static void init_array(int n, DATA_TYPE u[N][N])
{
    int i, j;

    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            u[i][j] = (DATA_TYPE)(i + n - j) / n;
}

static void kernel_adi(int tsteps, int n, DATA_TYPE u[N][N], DATA_TYPE v[N][N],
                       DATA_TYPE p[N][N], DATA_TYPE q[N][N])
{
    int t, i, j;
    DATA_TYPE DX, DY, DT, B1, B2, mul1, mul2;
    DATA_TYPE a, b, c, d, e, f;

#pragma scop
    DX = SCALAR_VAL(1.0) / (DATA_TYPE)n;
    DY = SCALAR_VAL(1.0) / (DATA_TYPE)n;
    DT = SCALAR_VAL(1.0) / (DATA_TYPE)tsteps;
    B1 = SCALAR_VAL(2.0);
    B2 = SCALAR_VAL(1.0);
    mul1 = B1 * DT / (DX * DX);
    mul2 = B2 * DT / (DY * DY);

    a = -mul1 / SCALAR_VAL(2.0);
    b = SCALAR_VAL(1.0) + mul1;
    c = a;
    d = -mul2 / SCALAR_VAL(2.0);
    e = SCALAR_VAL(1.0) + mul2;
    f = d;

    for (t = 1; t <= tsteps; t++) {
        for (i = 1; i < n - 1; i++) {
            v[0][i] = SCALAR_VAL(1.0);
            p[i][0] = SCALAR_VAL(0.0);
            q[i][0] = v[0][i];
            for (j = 1; j < n - 1; j++) {
                p[i][j] = -c / (a * p[i][j - 1] + b);
                q[i][j] = (-d * u[j][i - 1]
                           + (SCALAR_VAL(1.0) + SCALAR_VAL(2.0) * d) * u[j][i]
                           - f * u[j][i + 1] - a * q[i][j - 1])
                          / (a * p[i][j - 1] + b);
            }
            v[n - 1][i] = SCALAR_VAL(1.0);
            for (j = n - 2; j >= 1; j--)
                v[j][i] = p[i][j] * v[j + 1][i] + q[i][j];
        }

        for (i = 1; i < n - 1; i++) {
            u[i][0] = SCALAR_VAL(1.0);
            p[i][0] = SCALAR_VAL(0.0);
            q[i][0] = u[i][0];
            for (j = 1; j < n - 1; j++) {
                p[i][j] = -f / (d * p[i][j - 1] + e);
                q[i][j] = (-a * v[i - 1][j]
                           + (SCALAR_VAL(1.0) + SCALAR_VAL(2.0) * a) * v[i][j]
                           - c * v[i + 1][j] - d * q[i][j - 1])
                          / (d * p[i][j - 1] + e);
            }
            u[i][n - 1] = SCALAR_VAL(1.0);
            for (j = n - 2; j >= 1; j--)
                u[i][j] = p[i][j] * u[i][j + 1] + q[i][j];
        }
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY u[N][N];
    POLYBENCH_ARRAY v[N][N];
    POLYBENCH_ARRAY p[N][N];
    POLYBENCH_ARRAY q[N][N];

    init_array(N, u);
    POLYBENCH_RUN(kernel_adi(TSTEPS, N, u, v, p, q));
    POLYBENCH_REPORT(u);
    return 0;
}
