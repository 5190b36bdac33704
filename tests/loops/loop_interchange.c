// Nests that are better turned around.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void columns_first(void)
{
#pragma scop
  for (int j = 0; j < M; j++)
    for (int i = 0; i < M; i++)
      x[i][j] = y[i][j] * 2.0f;
#pragma endscop
}

void carried_inside(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 1; j < M; j++)
      x[i][j] = x[i][j - 1] + y[i][j];
#pragma endscop
}

void carried_by_columns(void)
{
#pragma scop
  for (int j = 1; j < M; j++)
    for (int i = 0; i < M; i++)
      x[i][j] = x[i][j - 1] + y[i][j];
#pragma endscop
}

void triangle_of_columns(void)
{
#pragma scop
  for (int j = 0; j < M; j++)
    for (int i = 0; i <= j; i++)
      x[i][j] += y[i][j] * z[i][j];
#pragma endscop
}

void product_of_matrices(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      for (int k = 0; k < M; k++)
        x[i][j] += y[i][k] * z[k][j];
#pragma endscop
}

void transposed_copy(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      x[i][j] = y[j][i];
#pragma endscop
}

void sums_of_columns(void)
{
#pragma scop
  for (int j = 0; j < M; j++)
    for (int i = 0; i < M; i++)
      a[j] += x[i][j];
#pragma endscop
}

void matrix_times_vector(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      a[i] += x[i][j] * b[j];
#pragma endscop
}

void transposed_times_vector(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      a[i] += x[j][i] * b[j];
#pragma endscop
}
