/* Shallow water: heights and two velocities on a staggered grid, with fluxes and kinetic energies as temporaries
   of a step. */
#ifdef SMALL
#define N 18
#define M 22
#define STEPS 4
#else
#define N 500
#define M 500
#define STEPS 30
#endif

double u[N + 1][M + 1], v[N + 1][M + 1], p[N + 1][M + 1];
double cu[N + 1][M + 1], cv[N + 1][M + 1], z[N + 1][M + 1], h[N + 1][M + 1];
static const double dt = 0.01, dx = 1.0, dy = 1.0;

double un[N + 1][M + 1], vn[N + 1][M + 1], pn[N + 1][M + 1];

void init_array(void)
{
    for (int i = 0; i <= N; i++)
        for (int j = 0; j <= M; j++) {
            u[i][j] = (double)((i * 3 + j) % 7) / 70;
            v[i][j] = (double)((i + j * 5) % 9) / 90;
            p[i][j] = 50.0 + (double)((i * j) % 13) / 13;
        }
}

void water(void)
{
#pragma scop
    for (int t = 0; t < STEPS; t++) {
        for (int i = 1; i < N; i++)
            for (int j = 1; j < M; j++) {
                cu[i][j] = 0.5 * (p[i][j] + p[i - 1][j]) * u[i][j];
                cv[i][j] = 0.5 * (p[i][j] + p[i][j - 1]) * v[i][j];
                z[i][j] = (4.0 / dx * (v[i][j] - v[i - 1][j]) - 4.0 / dy * (u[i][j] - u[i][j - 1]))
                    / (p[i - 1][j - 1] + p[i][j - 1] + p[i][j] + p[i - 1][j]);
                h[i][j] = p[i][j]
                    + 0.25 * (u[i + 1][j] * u[i + 1][j] + u[i][j] * u[i][j]
                              + v[i][j + 1] * v[i][j + 1] + v[i][j] * v[i][j]);
            }
        for (int i = 2; i < N - 1; i++)
            for (int j = 2; j < M - 1; j++) {
                un[i][j] = u[i][j]
                    + dt / 8 * (z[i][j + 1] + z[i][j])
                        * (cv[i][j + 1] + cv[i - 1][j + 1] + cv[i - 1][j] + cv[i][j])
                    - dt / dx * (h[i][j] - h[i - 1][j]);
                vn[i][j] = v[i][j]
                    - dt / 8 * (z[i + 1][j] + z[i][j])
                        * (cu[i + 1][j] + cu[i][j] + cu[i][j - 1] + cu[i + 1][j - 1])
                    - dt / dy * (h[i][j] - h[i][j - 1]);
                pn[i][j] = p[i][j] - dt / dx * (cu[i + 1][j] - cu[i][j]) - dt / dy * (cv[i][j + 1] - cv[i][j]);
            }
        for (int i = 2; i < N - 1; i++)
            for (int j = 2; j < M - 1; j++) {
                u[i][j] = un[i][j];
                v[i][j] = vn[i][j];
                p[i][j] = pn[i][j];
            }
    }
#pragma endscop
}
