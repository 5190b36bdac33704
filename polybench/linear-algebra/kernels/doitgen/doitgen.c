/*
 * doitgen: every row of a three-dimensional array multiplied by one matrix, as
 * in multiresolution analysis.
 *
 *   A_rqp = sum_s A_rqs C4_sp,   A: nr x nq x np,  C4: np x np
 *
 * The vector sum holds one new row until the old one is no longer needed.
 */
#include "../../../polybench.h"

#ifndef NQ
#define NQ POLYBENCH_SIZE(8, 20, 40, 140, 220)
#endif
#ifndef NR
#define NR POLYBENCH_SIZE(10, 25, 50, 150, 250)
#endif
#ifndef NP
#define NP POLYBENCH_SIZE(12, 30, 60, 160, 270)
#endif

static void init_array(int nr, int nq, int np, DATA_TYPE A[NR][NQ][NP],
                       DATA_TYPE C4[NP][NP])
{
    int i, j, k;

    for (i = 0; i < nr; i++)
        for (j = 0; j < nq; j++)
            for (k = 0; k < np; k++)
                A[i][j][k] = (DATA_TYPE)((i * j + k) % np) / np;
    for (i = 0; i < np; i++)
        for (j = 0; j < np; j++)
            C4[i][j] = (DATA_TYPE)(i * j % np) / np;
}

static void kernel_doitgen(int nr, int nq, int np, DATA_TYPE A[NR][NQ][NP],
                           DATA_TYPE C4[NP][NP], DATA_TYPE sum[NP])
{
    int r, q, p, s;

#pragma scop
    for (r = 0; r < nr; r++)
        for (q = 0; q < nq; q++) {
            for (p = 0; p < np; p++) {
                sum[p] = SCALAR_VAL(0.0);
                for (s = 0; s < np; s++)
                    sum[p] += A[r][q][s] * C4[s][p];
            }
            for (p = 0; p < np; p++)
                A[r][q][p] = sum[p];
        }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY A[NR][NQ][NP];
    POLYBENCH_ARRAY C4[NP][NP];
    POLYBENCH_ARRAY sum[NP];

    init_array(NR, NQ, NP, A, C4);
    POLYBENCH_RUN(kernel_doitgen(NR, NQ, NP, A, C4, sum));
    POLYBENCH_REPORT(A);
    return 0;
}
