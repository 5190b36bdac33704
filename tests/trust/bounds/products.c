//= cflags -I..
//= says 0 fuzz --seed 987654 --pairs 2349 --only 2348
//= run -p n=13 -p m=12 --schedule "pack(S1, B[j][k], j, 1, 0)"
//= linked -p n=5 -p m=5
//= linked -p n=13 -p m=12
/* Two extents below zero multiply to nothing. */
void smooth(int n, int m, double B[n][m], double C[8])
{
#pragma scop
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < n - 10; j++)
      for (int k = 0; k < m - 10; k++)
        C[i] += 0.5 * B[j][k];
#pragma endscop
}
