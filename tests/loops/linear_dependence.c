// Dependences along one loop: distances, directions, strides.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void no_dependence(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[i] + 1.0f;
#pragma endscop
}

void even_from_odd(void)
{
#pragma scop
  for (int i = 1; i < N; i += 2)
    a[i] = a[i - 1] + b[i];
#pragma endscop
}

void backwards_anti(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++)
    a[i] = a[i + 1] + b[i];
#pragma endscop
}

void distance_four(void)
{
#pragma scop
  for (int i = 4; i < N; i++)
    a[i] = a[i - 4] + b[i];
#pragma endscop
}

void distance_half(void)
{
#pragma scop
  for (int i = 0; i < N / 2; i++)
    a[i] = a[i + N / 2] + b[i];
#pragma endscop
}

void halves_apart(void)
{
#pragma scop
  for (int i = 0; i < N / 2; i++)
    a[i + N / 2] = a[i] + b[i];
#pragma endscop
}

void reversed_reading(void)
{
#pragma scop
  for (int i = N - 2; i >= 0; i--)
    a[i + 1] = a[i] + b[i];
#pragma endscop
}

void mirrored(void)
{
#pragma scop
  for (int i = 0; i < N / 2; i++)
    a[i] = a[N - 1 - i] + b[i];
#pragma endscop
}

void every_other(void)
{
#pragma scop
  for (int i = 0; i < N; i += 2)
    a[i] = b[i] * c[i];
#pragma endscop
}

void two_arrays(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    a[i] = b[i] + c[i];
    d[i] = a[i] * e[i];
  }
#pragma endscop
}

void triangular_rows(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < i; j++)
      x[i][j] = x[j][i] + y[i][j];
#pragma endscop
}

void diagonal(void)
{
#pragma scop
  for (int i = 1; i < M; i++)
    for (int j = 1; j < M; j++)
      x[i][j] = x[i - 1][j - 1] + y[i][j];
#pragma endscop
}

void column_below(void)
{
#pragma scop
  for (int i = 1; i < M; i++)
    for (int j = 0; j < M; j++)
      x[i][j] = x[i - 1][j] + y[i][j];
#pragma endscop
}
