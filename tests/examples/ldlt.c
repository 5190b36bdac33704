/* The factorisation A = L D L^T of a symmetric matrix, without square roots: L below the diagonal of A, D on it. */
#ifdef SMALL
#define N 30
#else
#define N 900
#endif

static double A[N][N];
static double scaled[N];

void init_array(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++)
            A[i][j] = i == j ? 4.0 + (double)(i % 5) : (double)((i * 7 + j * 3) % 23) / (23.0 * N);
}

void factorise(void)
{
#pragma scop
    for (int j = 0; j < N; j++) {
        for (int k = 0; k < j; k++)
            scaled[k] = A[j][k] * A[k][k];
        for (int k = 0; k < j; k++)
            A[j][j] -= A[j][k] * scaled[k];
        for (int i = j + 1; i < N; i++) {
            for (int k = 0; k < j; k++)
                A[i][j] -= A[i][k] * scaled[k];
            A[i][j] /= A[j][j];
        }
    }
#pragma endscop
}
