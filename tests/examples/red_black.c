/* Relaxation in red and black: cells of one colour at a time, every other column, starting where the row says. */
#ifdef SMALL
#define N 12
#define SWEEPS 3
#else
#define N 500
#define SWEEPS 20
#endif
#define SIZE (2 * N + 2)

static double phi[SIZE][SIZE], charge[SIZE][SIZE];

void init_array(void)
{
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            phi[i][j] = (double)((i * 3 + j * 5) % 19) / 19;
            charge[i][j] = (double)((i + j * 7) % 23) / 230;
        }
}

#define RELAX(i, j) \
    phi[i][j] += 0.375 * (phi[(i) - 1][j] + phi[(i) + 1][j] + phi[i][(j) - 1] + phi[i][(j) + 1] \
                          - 4.0 * phi[i][j] - charge[i][j])

void relax(void)
{
#pragma scop
    for (int s = 0; s < SWEEPS; s++) {
        for (int i = 1; i < SIZE - 1; i += 2) {
            for (int j = 1; j < SIZE - 1; j += 2)
                RELAX(i, j);
            for (int j = 2; j < SIZE - 1; j += 2)
                RELAX(i + 1, j);
        }
        for (int i = 1; i < SIZE - 1; i += 2) {
            for (int j = 2; j < SIZE - 1; j += 2)
                RELAX(i, j);
            for (int j = 1; j < SIZE - 1; j += 2)
                RELAX(i + 1, j);
        }
    }
#pragma endscop
}
