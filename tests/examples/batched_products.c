/* Thousands of small matrix products, as in finite elements: each element's matrix is B^T D B. */
#ifdef SMALL
#define ELEMENTS 7
#else
#define ELEMENTS 20000
#endif
#define STRAINS 6
#define UNKNOWNS 12

static double B[ELEMENTS][STRAINS][UNKNOWNS], D[ELEMENTS][STRAINS][STRAINS];
static double DB[ELEMENTS][STRAINS][UNKNOWNS], K[ELEMENTS][UNKNOWNS][UNKNOWNS];

void init_array(void)
{
    for (int e = 0; e < ELEMENTS; e++)
        for (int s = 0; s < STRAINS; s++) {
            for (int r = 0; r < STRAINS; r++)
                D[e][s][r] = (double)((e + s * r) % 7) / 7 + (s == r);
            for (int u = 0; u < UNKNOWNS; u++)
                B[e][s][u] = (double)((e * 3 + s * 5 + u) % 11) / 11 - 0.5;
        }
}

void element_matrices(void)
{
#pragma scop
    for (int e = 0; e < ELEMENTS; e++) {
        for (int s = 0; s < STRAINS; s++)
            for (int u = 0; u < UNKNOWNS; u++) {
                DB[e][s][u] = 0.0;
                for (int r = 0; r < STRAINS; r++)
                    DB[e][s][u] += D[e][s][r] * B[e][r][u];
            }
        for (int u = 0; u < UNKNOWNS; u++)
            for (int w = 0; w < UNKNOWNS; w++) {
                K[e][u][w] = 0.0;
                for (int s = 0; s < STRAINS; s++)
                    K[e][u][w] += B[e][s][u] * DB[e][s][w];
            }
    }
#pragma endscop
}
