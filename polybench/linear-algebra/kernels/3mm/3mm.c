/*
 * 3mm: a chain of three matrix products.
 *
 *   G = (A B)(C D),   E = A B: ni x nj,  F = C D: nj x nl,  G = E F: ni x nl
 */
#include "../../../polybench.h"

#ifndef NI
#define NI POLYBENCH_SIZE(16, 40, 180, 800, 1600)
#endif
#ifndef NJ
#define NJ POLYBENCH_SIZE(18, 50, 190, 900, 1800)
#endif
#ifndef NK
#define NK POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef NL
#define NL POLYBENCH_SIZE(22, 70, 210, 1100, 2200)
#endif
#ifndef NM
#define NM POLYBENCH_SIZE(24, 80, 220, 1200, 2400)
#endif

static void init_array(int ni, int nj, int nk, int nl, int nm,
                       DATA_TYPE A[NI][NK], DATA_TYPE B[NK][NJ],
                       DATA_TYPE C[NJ][NM], DATA_TYPE D[NM][NL])
{
    int i, j;

    for (i = 0; i < ni; i++)
        for (j = 0; j < nk; j++)
            A[i][j] = (DATA_TYPE)((i * j + 1) % ni) / (5 * ni);
    for (i = 0; i < nk; i++)
        for (j = 0; j < nj; j++)
            B[i][j] = (DATA_TYPE)((i * (j + 1) + 2) % nj) / (5 * nj);
    for (i = 0; i < nj; i++)
        for (j = 0; j < nm; j++)
            C[i][j] = (DATA_TYPE)(i * (j + 3) % nl) / (5 * nl);
    for (i = 0; i < nm; i++)
        for (j = 0; j < nl; j++)
            D[i][j] = (DATA_TYPE)((i * (j + 2) + 2) % nk) / (5 * nk);
}

static void kernel_3mm(int ni, int nj, int nk, int nl, int nm,
                       DATA_TYPE E[NI][NJ], DATA_TYPE A[NI][NK],
                       DATA_TYPE B[NK][NJ], DATA_TYPE F[NJ][NL],
                       DATA_TYPE C[NJ][NM], DATA_TYPE D[NM][NL],
                       DATA_TYPE G[NI][NL])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < ni; i++)
        for (j = 0; j < nj; j++) {
            E[i][j] = SCALAR_VAL(0.0);
            for (k = 0; k < nk; k++)
                E[i][j] += A[i][k] * B[k][j];
        }

    for (i = 0; i < nj; i++)
        for (j = 0; j < nl; j++) {
            F[i][j] = SCALAR_VAL(0.0);
            for (k = 0; k < nm; k++)
                F[i][j] += C[i][k] * D[k][j];
        }

    for (i = 0; i < ni; i++)
        for (j = 0; j < nl; j++) {
            G[i][j] = SCALAR_VAL(0.0);
            for (k = 0; k < nj; k++)
                G[i][j] += E[i][k] * F[k][j];
        }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY E[NI][NJ];
    POLYBENCH_ARRAY A[NI][NK];
    POLYBENCH_ARRAY B[NK][NJ];
    POLYBENCH_ARRAY F[NJ][NL];
    POLYBENCH_ARRAY C[NJ][NM];
    POLYBENCH_ARRAY D[NM][NL];
    POLYBENCH_ARRAY G[NI][NL];

    init_array(NI, NJ, NK, NL, NM, A, B, C, D);
    POLYBENCH_RUN(kernel_3mm(NI, NJ, NK, NL, NM, E, A, B, F, C, D, G));
    POLYBENCH_REPORT(G);
    return 0;
}
