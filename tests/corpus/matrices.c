// Matrices in arrays of one dimension, with parameters between the rows.
// sizes: n=12 m=9 k=7 lda=13 ldb=11 ldc=9 stride=2
// sizes: n=5 m=4 k=3 lda=3 ldb=6 ldc=5 stride=1
// sizes: n=2 m=3 k=1 lda=1 ldb=2 ldc=2 stride=3
// sizes: n=1 m=1 k=1 lda=1 ldb=1 ldc=1 stride=1

void filled(int n, int m, double *a)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      a[i * m + j] = i + 2 * j;
#pragma endscop
}

void gemm(int n, int m, int k, float alpha, float *a, int lda, float *b, int ldb, float *c, int ldc)
{
#pragma scop
  for (int i = 0; i < m; i++)
    for (int p = 0; p < k; p++) {
      float t = alpha * a[i * lda + p];
      for (int j = 0; j < n; j++)
        c[i * ldc + j] += t * b[p * ldb + j];
    }
#pragma endscop
}

void stencil(int n, int m, double *a, double *b)
{
#pragma scop
  for (int i = 1; i < n - 1; i++)
    for (int j = 1; j < m - 1; j++)
      b[i * m + j] = a[(i - 1) * m + j] + a[(i + 1) * m + j] + a[i * m + j - 1] + a[i * m + j + 1];
#pragma endscop
}

void three_dimensions(int n, int m, int k, double *a)
{
#pragma scop
  for (int x = 0; x < n; x++)
    for (int y = 0; y < m; y++)
      for (int z = 0; z < k; z++)
        a[(x * m + y) * k + z] += 1.0;
#pragma endscop
}

void channels(int n, int m, unsigned char *a, unsigned char *b)
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      for (int c = 0; c < 3; c++)
        b[(y * m + x) * 3 + c] = 255 - a[(y * m + x) * 3 + c];
#pragma endscop
}

void transposed(int n, int m, double *a, double *b)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      b[j * n + i] = a[i * m + j];
#pragma endscop
}

void row_pointers(float *out, const float *x, const float *w, int n, int m)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    const float *row = w + i * m;
    float s = 0.0f;
    for (int j = 0; j < m; j++)
      s += row[j] * x[j];
    out[i] = s;
  }
#pragma endscop
}

void long_indices(long n, long m, double *a)
{
#pragma scop
  for (long i = 0; i < n; i++)
    for (long j = 0; j < m; j++)
      a[i * m + j] *= 2.0;
#pragma endscop
}

void unsigned_sizes(unsigned long n, unsigned long m, double *a)
{
#pragma scop
  for (unsigned long i = 0; i < n; i++)
    for (unsigned long j = 0; j < m; j++)
      a[i * m + j] += 1.0;
#pragma endscop
}

void window(int n, int m, int stride, double *in, double *out)
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int p = 0; p < 3; p++)
      out[y] += in[y * stride + p];
#pragma endscop
}

void strided_columns(int n, int stride, double in[20][40], double out[20])
{
#pragma scop
  for (int y = 0; y < n; y++)
    out[y] = in[y][y * stride];
#pragma endscop
}

void last_of_each_row(int n, int m, double *a)
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[(i + 1) * m - 1] = 1.0;
#pragma endscop
}

void backwards(int n, int m, double *a)
{
#pragma scop
  for (int i = n - 1; i >= 0; i--)
    for (int j = m - 1; j >= 0; j--)
      a[i * m + j] = i - j;
#pragma endscop
}
