// Loops of which only a part can run in lanes.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void recurrence_beside(void)
{
#pragma scop
  for (int i = 1; i < N; i++) {
    a[i] = a[i] + b[i] * c[i];
    d[i] = d[i - 1] * a[i] + e[i];
  }
#pragma endscop
}

void recurrence_first(void)
{
#pragma scop
  for (int i = 1; i < N; i++) {
    b[i] = b[i - 1] * 0.5f + a[i];
    c[i] = b[i] * d[i];
  }
#pragma endscop
}

void two_recurrences(void)
{
#pragma scop
  for (int i = 1; i < N; i++) {
    a[i] = a[i - 1] + b[i];
    c[i] = c[i - 1] * 0.9f;
    d[i] = b[i] * e[i];
  }
#pragma endscop
}

void sum_and_map(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++) {
    s += a[i];
    b[i] = a[i] * 2.0f;
  }
  out[0] = s;
#pragma endscop
}

void rows_and_columns(void)
{
#pragma scop
  for (int i = 1; i < M; i++)
    for (int j = 0; j < M; j++) {
      x[i][j] = x[i - 1][j] * 0.5f;
      y[i][j] = x[i][j] + z[j][i];
    }
#pragma endscop
}
