/* C = alpha A^T B + beta C in single precision, as in BLAS, with sizes that are no round numbers. */
#ifdef SMALL
#define M 22
#define N 35
#define K 19
#else
#define M 997
#define N 1021
#define K 1013
#endif

void init_array(float *alpha, float *beta, float A[K][M], float B[K][N], float C[M][N])
{
    *alpha = 1.25f;
    *beta = 0.75f;
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < M; i++)
            A[k][i] = (float)((k * 3 + i) % 37) / 37 - 0.5f;
        for (int j = 0; j < N; j++)
            B[k][j] = (float)((k + j * 5) % 41) / 41 - 0.5f;
    }
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            C[i][j] = (float)((i + j) % 9) / 9;
}

void product(float alpha, float beta, float A[K][M], float B[K][N], float C[M][N])
{
#pragma scop
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            C[i][j] *= beta;
            for (int k = 0; k < K; k++)
                C[i][j] += alpha * A[k][i] * B[k][j];
        }
#pragma endscop
}
