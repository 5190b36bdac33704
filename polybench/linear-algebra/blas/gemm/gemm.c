/*
 * gemm: general matrix product with accumulation.
 *
 *   C = alpha A B + beta C,   A: ni x nk,  B: nk x nj,  C: ni x nj
 */
#include "../../../polybench.h"

#ifndef NI
#define NI POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef NJ
#define NJ POLYBENCH_SIZE(25, 70, 220, 1100, 2300)
#endif
#ifndef NK
#define NK POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int ni, int nj, int nk, DATA_TYPE *alpha,
                       DATA_TYPE *beta, DATA_TYPE C[NI][NJ],
                       DATA_TYPE A[NI][NK], DATA_TYPE B[NK][NJ])
{
    int i, j;

    *alpha = 1.5;
    *beta = 1.2;
    for (i = 0; i < ni; i++)
        for (j = 0; j < nj; j++)
            C[i][j] = (DATA_TYPE)((i * j + 1) % ni) / ni;
    for (i = 0; i < ni; i++)
        for (j = 0; j < nk; j++)
            A[i][j] = (DATA_TYPE)(i * (j + 1) % nk) / nk;
    for (i = 0; i < nk; i++)
        for (j = 0; j < nj; j++)
            B[i][j] = (DATA_TYPE)(i * (j + 2) % nj) / nj;
}

static void kernel_gemm(int ni, int nj, int nk, DATA_TYPE alpha, DATA_TYPE beta,
                        DATA_TYPE C[NI][NJ], DATA_TYPE A[NI][NK],
                        DATA_TYPE B[NK][NJ])
{
    int i, j, k;

#pragma scop
    for (i = 0; i < ni; i++) {
        for (j = 0; j < nj; j++)
            C[i][j] *= beta;
        for (k = 0; k < nk; k++)
            for (j = 0; j < nj; j++)
                C[i][j] += alpha * A[i][k] * B[k][j];
    }
#pragma endscop
}

int main(void)
{
    DATA_TYPE alpha, beta;
    POLYBENCH_ARRAY C[NI][NJ];
    POLYBENCH_ARRAY A[NI][NK];
    POLYBENCH_ARRAY B[NK][NJ];

    init_array(NI, NJ, NK, &alpha, &beta, C, A, B);
    POLYBENCH_RUN(kernel_gemm(NI, NJ, NK, alpha, beta, C, A, B));
    POLYBENCH_REPORT(C);
    return 0;
}
