/* Diffusion in three dimensions over time, with two copies of the field that take turns.
   The sizes are parameters, which the call at the end tells; tune others with --param n=200 --param steps=10. */
#ifdef SMALL
enum { SIZE = 14, STEPS = 3 };
#else
enum { SIZE = 120, STEPS = 20 };
#endif

void diffuse(int steps, int n, double u[n][n][n], double v[n][n][n], double rate)
{
#pragma scop
    for (int t = 0; t < steps; t++) {
        for (int i = 1; i < n - 1; i++)
            for (int j = 1; j < n - 1; j++)
                for (int k = 1; k < n - 1; k++)
                    v[i][j][k] = u[i][j][k]
                        + rate * (u[i - 1][j][k] + u[i + 1][j][k] + u[i][j - 1][k] + u[i][j + 1][k]
                                  + u[i][j][k - 1] + u[i][j][k + 1] - 6.0 * u[i][j][k]);
        for (int i = 1; i < n - 1; i++)
            for (int j = 1; j < n - 1; j++)
                for (int k = 1; k < n - 1; k++)
                    u[i][j][k] = v[i][j][k]
                        + rate * (v[i - 1][j][k] + v[i + 1][j][k] + v[i][j - 1][k] + v[i][j + 1][k]
                                  + v[i][j][k - 1] + v[i][j][k + 1] - 6.0 * v[i][j][k]);
    }
#pragma endscop
}

static double first[SIZE][SIZE][SIZE], second[SIZE][SIZE][SIZE];

int main(void)
{
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            for (int k = 0; k < SIZE; k++)
                first[i][j][k] = second[i][j][k] = (double)((i + 2 * j + 3 * k) % 17) / 17;
    diffuse(STEPS, SIZE, first, second, 0.1);
    return first[SIZE / 2][SIZE / 2][SIZE / 2] > 1e300;
}
