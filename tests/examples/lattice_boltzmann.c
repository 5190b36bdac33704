/* Flow around a channel by the lattice Boltzmann method: nine directions in two dimensions (D2Q9), one relaxation time.
   A step collides in each cell and then moves what came out to the neighbours. */
#ifdef SMALL
#define NX 20
#define NY 16
#define STEPS 4
#else
#define NX 512
#define NY 256
#define STEPS 20
#endif

typedef double field[NX][NY];

static field f0, f1, f2, f3, f4, f5, f6, f7, f8;
static field g0, g1, g2, g3, g4, g5, g6, g7, g8;
static const double omega = 1.2;

void init_array(void)
{
    for (int x = 0; x < NX; x++)
        for (int y = 0; y < NY; y++) {
            double push = (double)((x * 3 + y * 7) % 31) / 620;
            f0[x][y] = 4.0 / 9;
            f1[x][y] = 1.0 / 9 + push;
            f2[x][y] = 1.0 / 9;
            f3[x][y] = 1.0 / 9 - push;
            f4[x][y] = 1.0 / 9;
            f5[x][y] = f6[x][y] = f7[x][y] = f8[x][y] = 1.0 / 36;
        }
}

void flow(void)
{
#pragma scop
    for (int t = 0; t < STEPS; t++) {
        for (int x = 0; x < NX; x++)
            for (int y = 0; y < NY; y++) {
                double density = f0[x][y] + f1[x][y] + f2[x][y] + f3[x][y] + f4[x][y] + f5[x][y]
                    + f6[x][y] + f7[x][y] + f8[x][y];
                double u = (f1[x][y] + f5[x][y] + f8[x][y] - f3[x][y] - f6[x][y] - f7[x][y]) / density;
                double v = (f2[x][y] + f5[x][y] + f6[x][y] - f4[x][y] - f7[x][y] - f8[x][y]) / density;
                double still = 1.0 - 1.5 * (u * u + v * v);
                double axis = density / 9, corner = density / 36;
                g0[x][y] = f0[x][y] + omega * (4.0 * axis * still - f0[x][y]);
                g1[x][y] = f1[x][y] + omega * (axis * (still + 3.0 * u + 4.5 * u * u) - f1[x][y]);
                g2[x][y] = f2[x][y] + omega * (axis * (still + 3.0 * v + 4.5 * v * v) - f2[x][y]);
                g3[x][y] = f3[x][y] + omega * (axis * (still - 3.0 * u + 4.5 * u * u) - f3[x][y]);
                g4[x][y] = f4[x][y] + omega * (axis * (still - 3.0 * v + 4.5 * v * v) - f4[x][y]);
                g5[x][y] = f5[x][y] + omega
                    * (corner * (still + 3.0 * (u + v) + 4.5 * (u + v) * (u + v)) - f5[x][y]);
                g6[x][y] = f6[x][y] + omega
                    * (corner * (still + 3.0 * (v - u) + 4.5 * (v - u) * (v - u)) - f6[x][y]);
                g7[x][y] = f7[x][y] + omega
                    * (corner * (still - 3.0 * (u + v) + 4.5 * (u + v) * (u + v)) - f7[x][y]);
                g8[x][y] = f8[x][y] + omega
                    * (corner * (still + 3.0 * (u - v) + 4.5 * (u - v) * (u - v)) - f8[x][y]);
            }
        for (int x = 1; x < NX - 1; x++)
            for (int y = 1; y < NY - 1; y++) {
                f0[x][y] = g0[x][y];
                f1[x][y] = g1[x - 1][y];
                f2[x][y] = g2[x][y - 1];
                f3[x][y] = g3[x + 1][y];
                f4[x][y] = g4[x][y + 1];
                f5[x][y] = g5[x - 1][y - 1];
                f6[x][y] = g6[x + 1][y - 1];
                f7[x][y] = g7[x + 1][y + 1];
                f8[x][y] = g8[x - 1][y + 1];
            }
    }
#pragma endscop
}
