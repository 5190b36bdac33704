// Values that need the ones before.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void first_order(void)
{
#pragma scop
  for (int i = 1; i < N; i++)
    a[i] = a[i - 1] * 0.5f + b[i];
#pragma endscop
}

void second_order(void)
{
#pragma scop
  for (int i = 2; i < N; i++)
    a[i] = a[i - 1] * 0.5f + a[i - 2] * 0.25f + b[i];
#pragma endscop
}

void prefix_sum(void)
{
  float s = 0.0f;
#pragma scop
  for (int i = 0; i < N; i++) {
    s += a[i];
    b[i] = s;
  }
#pragma endscop
}

void horner(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++)
    s = s * 0.5f + a[i];
  out[0] = s;
#pragma endscop
}

void rows_apart(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 1; j < M; j++)
      x[i][j] = x[i][j - 1] * 0.5f + y[i][j];
#pragma endscop
}

void plane(void)
{
#pragma scop
  for (int i = 1; i < M; i++)
    for (int j = 1; j < M; j++)
      x[i][j] = x[i - 1][j] * 0.25f + x[i][j - 1] * 0.25f + y[i][j];
#pragma endscop
}
