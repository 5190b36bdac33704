/* Diffusion in three dimensions over time, with two copies of the field that take turns.
   The size is a parameter: tune with --param n=120 --param steps=20, for example. */

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
