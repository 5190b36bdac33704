// native: two negative extents of a copy that holds products multiplied to a positive number, so that it was scaled beyond its
// end
// parameters: n=5 m=5
// schedule:
//   pack(S1, B, i)
void smooth(int n, int m, double B[n][m], double C[8])
{
#pragma scop
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < n - 10; j++)
      for (int k = 0; k < m - 10; k++)
        C[i] += 0.5 * B[j][k];
#pragma endscop
}
