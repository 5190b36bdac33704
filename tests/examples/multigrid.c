/* From a fine grid to a coarse one and back: full weighting, and bilinear interpolation with corrections, written
   backwards as a program that works in place would. */
#ifdef SMALL
#define N 16
#else
#define N 1000
#endif

static double fine[2 * N + 1][2 * N + 1], coarse[N + 1][N + 1], corrected[2 * N + 1][2 * N + 1];

void init_array(void)
{
    for (int i = 0; i <= 2 * N; i++)
        for (int j = 0; j <= 2 * N; j++) {
            fine[i][j] = (double)((i * 7 + j * 5) % 31) / 31;
            corrected[i][j] = (double)((i + j) % 3);
        }
}

void levels(void)
{
#pragma scop
    for (int i = 1; i < N; i++)
        for (int j = 1; j < N; j++)
            coarse[i][j] = 0.25 * fine[2 * i][2 * j]
                + 0.125 * (fine[2 * i - 1][2 * j] + fine[2 * i + 1][2 * j] + fine[2 * i][2 * j - 1]
                           + fine[2 * i][2 * j + 1])
                + 0.0625 * (fine[2 * i - 1][2 * j - 1] + fine[2 * i - 1][2 * j + 1] + fine[2 * i + 1][2 * j - 1]
                            + fine[2 * i + 1][2 * j + 1]);
    for (int i = N - 1; i >= 0; i--)
        for (int j = N - 1; j >= 0; j--) {
            corrected[2 * i + 1][2 * j + 1] += 0.25
                * (coarse[i][j] + coarse[i + 1][j] + coarse[i][j + 1] + coarse[i + 1][j + 1]);
            corrected[2 * i + 1][2 * j] += 0.5 * (coarse[i][j] + coarse[i + 1][j]);
            corrected[2 * i][2 * j + 1] += 0.5 * (coarse[i][j] + coarse[i][j + 1]);
            corrected[2 * i][2 * j] += coarse[i][j];
        }
#pragma endscop
}
