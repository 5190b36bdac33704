/* Electric and magnetic fields in three dimensions on Yee's grid: six fields, updated in turn (FDTD). */
#ifdef SMALL
#define NX 9
#define NY 10
#define NZ 12
#define STEPS 4
#else
#define NX 96
#define NY 96
#define NZ 96
#define STEPS 20
#endif

static const double ce = 0.4, ch = 0.45;

typedef double grid[NX + 1][NY + 1][NZ + 1];

void init_array(grid ex, grid ey, grid ez, grid hx, grid hy, grid hz)
{
    for (int i = 0; i <= NX; i++)
        for (int j = 0; j <= NY; j++)
            for (int k = 0; k <= NZ; k++) {
                ex[i][j][k] = (double)((i + j + k) % 7) / 7;
                ey[i][j][k] = (double)((2 * i + j + k) % 5) / 5;
                ez[i][j][k] = (double)((i + 3 * j + k) % 11) / 11;
                hx[i][j][k] = hy[i][j][k] = (double)((i * j + k) % 13) / 13;
                hz[i][j][k] = (double)((i + j * k) % 17) / 17;
            }
}

void step_fields(grid ex, grid ey, grid ez, grid hx, grid hy, grid hz)
{
    int t, i, j, k;
#pragma scop
    for (t = 0; t < STEPS; t++) {
        for (i = 1; i < NX; i++)
            for (j = 1; j < NY; j++)
                for (k = 1; k < NZ; k++) {
                    ex[i][j][k] += ce * (hz[i][j][k] - hz[i][j - 1][k] - hy[i][j][k] + hy[i][j][k - 1]);
                    ey[i][j][k] += ce * (hx[i][j][k] - hx[i][j][k - 1] - hz[i][j][k] + hz[i - 1][j][k]);
                    ez[i][j][k] += ce * (hy[i][j][k] - hy[i - 1][j][k] - hx[i][j][k] + hx[i][j - 1][k]);
                }
        for (i = 1; i < NX; i++)
            for (j = 1; j < NY; j++)
                for (k = 1; k < NZ; k++) {
                    hx[i][j][k] -= ch * (ez[i][j + 1][k] - ez[i][j][k] - ey[i][j][k + 1] + ey[i][j][k]);
                    hy[i][j][k] -= ch * (ex[i][j][k + 1] - ex[i][j][k] - ez[i + 1][j][k] + ez[i][j][k]);
                    hz[i][j][k] -= ch * (ey[i + 1][j][k] - ey[i][j][k] - ex[i][j + 1][k] + ex[i][j][k]);
                }
    }
#pragma endscop
}
