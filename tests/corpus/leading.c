// Matrices in one dimension with a leading dimension of their own, and rows whose number is a parameter.
// sizes: n=9 m=7 k=2 ld=11
// sizes: n=5 m=11 k=0 ld=11
// sizes: n=1 m=1 k=1 ld=1
// sizes: n=3 m=4 k=3 ld=9
double column_of_parameters(int m, int k, int ld, double a[13 * 13])
{
  double sum = 0;
#pragma scop
  for (int i = 0; i < m; i++)
    sum += a[i + k * ld] * a[i + (k + 1) * ld];
#pragma endscop
  return sum;
}

void reflected(int m, int k, int ld, double a[13 * 13], double scale[1])
{
#pragma scop
  for (int i = 0; i < m; i++)
    a[i + k * ld] -= scale[0] * a[i + (k + 1) * ld];
#pragma endscop
}

void slab(int n, int m, int k, double v[8 * 13 * 13], double w[8 * 13 * 13])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      v[k * n * m + i * m + j] += w[(k + 1) * n * m + i * m + j];
#pragma endscop
}

void beside_loops(int n, int m, int k, int ld, double a[13 * 13], double b[13 * 13])
{
#pragma scop
  for (int j = 0; j < n; j++)
    for (int i = 0; i < m; i++)
      a[i + j * ld] += b[i + k * ld] * 0.5;
#pragma endscop
}
