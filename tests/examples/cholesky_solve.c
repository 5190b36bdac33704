/* Solves L L^T X = B for many right-hand sides: forward with L, backward with its transpose, in place. */
#ifdef SMALL
#define N 24
#define COLUMNS 16
#else
#define N 800
#define COLUMNS 200
#endif

void init_array(int n, int columns, double L[n][n], double X[n][columns])
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            L[i][j] = i == j ? 3.0 + (double)(i % 4) : (double)((i * 5 + j * 3) % 17) / (17.0 * n);
        for (int c = 0; c < columns; c++)
            X[i][c] = (double)((i + 2 * c) % 13) / 13 - 0.5;
    }
}

void solve_both(int n, int columns, double L[n][n], double X[n][columns])
{
#pragma scop
    for (int c = 0; c < columns; c++) {
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++)
                X[i][c] -= L[i][k] * X[k][c];
            X[i][c] = X[i][c] / L[i][i];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++)
                X[i][c] -= L[k][i] * X[k][c];
            X[i][c] = X[i][c] / L[i][i];
        }
    }
#pragma endscop
}

static double L[N][N], X[N][COLUMNS];

int main(void)
{
    init_array(N, COLUMNS, L, X);
    solve_both(N, COLUMNS, L, X);
    return X[0][0] > 1e300;
}
