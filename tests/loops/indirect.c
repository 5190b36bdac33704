// Elements that other arrays name.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void gather(const int index[N])
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[index[i]];
#pragma endscop
}

void gather_added(const int index[N])
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[i] + c[index[i]] * d[i];
#pragma endscop
}

void gather_sum(float out[1], const int index[N])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++)
    s += a[i] * b[index[i]];
  out[0] = s;
#pragma endscop
}

void gather_rows(const int row[M])
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      x[i][j] = y[row[i]][j];
#pragma endscop
}

void sparse_ellpack(const int column[M][16])
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int k = 0; k < 16; k++)
      a[i] += x[i][k] * b[column[i][k]];
#pragma endscop
}

void scatter(const int index[N])
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[index[i]] = b[i];
#pragma endscop
}

void histogram(const int index[N])
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[index[i]] += 1.0f;
#pragma endscop
}
