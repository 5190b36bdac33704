// Bounds, strides and offsets with names.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void upper_bound(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = a[i] + b[i];
#pragma endscop
}

void lower_bound(int n, int m)
{
#pragma scop
  for (int i = m; i < n; i++)
    a[i] = b[i - m];
#pragma endscop
}

void offset(int n, int m)
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = a[i + m] + b[i];
#pragma endscop
}

void strided(int n)
{
#pragma scop
  for (int i = 0; i < n; i += 3)
    a[i] = b[i] + c[i];
#pragma endscop
}

void mixed_bounds(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n - i; j++)
      x[i][j] = y[i][j] + 1.0f;
#pragma endscop
}

void product_of_rows(int n, float *p, const float *q)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      p[i * n + j] = q[i * n + j] + 2.0f;
#pragma endscop
}
