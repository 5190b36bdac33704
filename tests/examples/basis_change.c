/* Four-index transformation of integrals: one index after the other, O(n^5) in place of O(n^8). */
#ifdef SMALL
#define N 7
#else
#define N 40
#endif

void init_array(double ao[N][N][N][N], double c[N][N])
{
    for (int p = 0; p < N; p++)
        for (int q = 0; q < N; q++) {
            c[p][q] = (double)((3 * p + 7 * q) % 19) / 19 - 0.5;
            for (int r = 0; r < N; r++)
                for (int s = 0; s < N; s++)
                    ao[p][q][r][s] = (double)((p + 2 * q + 3 * r + 5 * s) % 29) / 29;
        }
}

void change_basis(double ao[N][N][N][N], double c[N][N], double t1[N][N][N][N],
                  double t2[N][N][N][N], double t3[N][N][N][N], double mo[N][N][N][N])
{
    int a, b, i, j, p, q, r, s;
#pragma scop
    for (a = 0; a < N; a++)
        for (q = 0; q < N; q++)
            for (r = 0; r < N; r++)
                for (s = 0; s < N; s++) {
                    t1[a][q][r][s] = 0.0;
                    for (p = 0; p < N; p++)
                        t1[a][q][r][s] += c[p][a] * ao[p][q][r][s];
                }
    for (a = 0; a < N; a++)
        for (b = 0; b < N; b++)
            for (r = 0; r < N; r++)
                for (s = 0; s < N; s++) {
                    t2[a][b][r][s] = 0.0;
                    for (q = 0; q < N; q++)
                        t2[a][b][r][s] += c[q][b] * t1[a][q][r][s];
                }
    for (a = 0; a < N; a++)
        for (b = 0; b < N; b++)
            for (i = 0; i < N; i++)
                for (s = 0; s < N; s++) {
                    t3[a][b][i][s] = 0.0;
                    for (r = 0; r < N; r++)
                        t3[a][b][i][s] += c[r][i] * t2[a][b][r][s];
                }
    for (a = 0; a < N; a++)
        for (b = 0; b < N; b++)
            for (i = 0; i < N; i++)
                for (j = 0; j < N; j++) {
                    mo[a][b][i][j] = 0.0;
                    for (s = 0; s < N; s++)
                        mo[a][b][i][j] += c[s][j] * t3[a][b][i][s];
                }
#pragma endscop
}
