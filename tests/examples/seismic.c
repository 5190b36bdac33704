/* Seismic waves in three dimensions: a star of 25 points, eighth order in space, two copies of the field in turn,
   two time steps an iteration. */
#ifdef SMALL
#define NX 14
#define NY 15
#define NZ 20
#define STEPS 2
#else
#define NX 160
#define NY 160
#define NZ 160
#define STEPS 6
#endif
#define R 4

static float a[NX][NY][NZ], b[NX][NY][NZ], velocity[NX][NY][NZ];
static const float c0 = -2.847f, c1 = 1.6f, c2 = -0.2f, c3 = 0.0254f, c4 = -0.00178f;

#define STAR(f)                                                                            \
    (3.0f * c0 * f[i][j][k]                                                                \
     + c1 * (f[i - 1][j][k] + f[i + 1][j][k] + f[i][j - 1][k] + f[i][j + 1][k] + f[i][j][k - 1] + f[i][j][k + 1]) \
     + c2 * (f[i - 2][j][k] + f[i + 2][j][k] + f[i][j - 2][k] + f[i][j + 2][k] + f[i][j][k - 2] + f[i][j][k + 2]) \
     + c3 * (f[i - 3][j][k] + f[i + 3][j][k] + f[i][j - 3][k] + f[i][j + 3][k] + f[i][j][k - 3] + f[i][j][k + 3]) \
     + c4 * (f[i - 4][j][k] + f[i + 4][j][k] + f[i][j - 4][k] + f[i][j + 4][k] + f[i][j][k - 4] + f[i][j][k + 4]))

void init_array(void)
{
    for (int i = 0; i < NX; i++)
        for (int j = 0; j < NY; j++)
            for (int k = 0; k < NZ; k++) {
                a[i][j][k] = (float)((i * 3 + j * 5 + k * 7) % 41) / 41;
                b[i][j][k] = a[i][j][k] * 0.99f;
                velocity[i][j][k] = 0.05f + (float)((i / 9 + k / 7) % 4) / 100;
            }
}

void seismic(void)
{
#pragma scop
    for (int t = 0; t < STEPS; t++) {
        for (int i = R; i < NX - R; i++)
            for (int j = R; j < NY - R; j++)
                for (int k = R; k < NZ - R; k++)
                    a[i][j][k] = 2.0f * b[i][j][k] - a[i][j][k] + velocity[i][j][k] * STAR(b);
        for (int i = R; i < NX - R; i++)
            for (int j = R; j < NY - R; j++)
                for (int k = R; k < NZ - R; k++)
                    b[i][j][k] = 2.0f * a[i][j][k] - b[i][j][k] + velocity[i][j][k] * STAR(a);
    }
#pragma endscop
}
