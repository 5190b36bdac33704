/* Solves L X = B for many right-hand sides, with L lower triangular, in blocks of rows:
   each block of X is solved against the diagonal block of L and then taken out of the rows below. */
#ifdef SMALL
#define N 48
#define COLUMNS 32
#define BLOCK 8
#else
#define N 768
#define COLUMNS 512
#define BLOCK 64
#endif

/* Well conditioned values, so that the solution stays finite. */
void init_array(double L[N][N], double X[N][COLUMNS])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            L[i][j] = i == j ? 2.0 + (double)(i % 7) : (double)((i + 2 * j) % 11) / (11.0 * N);
        for (int c = 0; c < COLUMNS; c++)
            X[i][c] = (double)((i * 3 + c) % 13) / 13.0;
    }
}

void solve(double L[N][N], double X[N][COLUMNS])
{
    int kb, i, k, c;
#pragma scop
    for (kb = 0; kb < N / BLOCK; kb++) {
        for (i = kb * BLOCK; i < (kb + 1) * BLOCK; i++) {
            for (k = kb * BLOCK; k < i; k++)
                for (c = 0; c < COLUMNS; c++)
                    X[i][c] -= L[i][k] * X[k][c];
            for (c = 0; c < COLUMNS; c++)
                X[i][c] /= L[i][i];
        }
        for (i = (kb + 1) * BLOCK; i < N; i++)
            for (k = kb * BLOCK; k < (kb + 1) * BLOCK; k++)
                for (c = 0; c < COLUMNS; c++)
                    X[i][c] -= L[i][k] * X[k][c];
    }
#pragma endscop
}
