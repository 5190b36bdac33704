/* Many tridiagonal systems at once (Thomas' algorithm), as in an implicit diffusion along the rows of a field:
   each row is one system. */
#ifdef SMALL
#define SYSTEMS 12
#define N 40
#else
#define SYSTEMS 2000
#define N 800
#endif

static double lower[SYSTEMS][N], diagonal[SYSTEMS][N], upper[SYSTEMS][N], rhs[SYSTEMS][N];
static double factor[SYSTEMS][N], x[SYSTEMS][N];

void init_array(void)
{
    for (int s = 0; s < SYSTEMS; s++)
        for (int i = 0; i < N; i++) {
            lower[s][i] = -1.0 - (double)((s + i) % 5) / 10;
            upper[s][i] = -1.0 - (double)((s * 3 + i) % 7) / 14;
            diagonal[s][i] = 4.0 + (double)((s + 2 * i) % 3) / 3;
            rhs[s][i] = (double)((s * 7 + i * 11) % 19) / 19;
        }
}

void solve_lines(void)
{
#pragma scop
    for (int s = 0; s < SYSTEMS; s++) {
        factor[s][0] = upper[s][0] / diagonal[s][0];
        x[s][0] = rhs[s][0] / diagonal[s][0];
        for (int i = 1; i < N; i++) {
            double pivot = 1.0 / (diagonal[s][i] - lower[s][i] * factor[s][i - 1]);
            factor[s][i] = upper[s][i] * pivot;
            x[s][i] = (rhs[s][i] - lower[s][i] * x[s][i - 1]) * pivot;
        }
        for (int i = N - 2; i >= 0; i--)
            x[s][i] -= factor[s][i] * x[s][i + 1];
    }
#pragma endscop
}
