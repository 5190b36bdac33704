// Sums, products, extremes.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void sum(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++)
    s += a[i];
  out[0] = s;
#pragma endscop
}

void product(float out[1])
{
#pragma scop
  float s = 1.0f;
  for (int i = 0; i < N; i++)
    s *= a[i];
  out[0] = s;
#pragma endscop
}

void dot(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++)
    s += a[i] * b[i];
  out[0] = s;
#pragma endscop
}

void maximum(float out[1])
{
#pragma scop
  float s = a[0];
  for (int i = 0; i < N; i++) {
    if (a[i] > s)
      s = a[i];
  }
  out[0] = s;
#pragma endscop
}

void minimum(float out[1])
{
#pragma scop
  float s = a[0];
  for (int i = 0; i < N; i++)
    s = a[i] < s ? a[i] : s;
  out[0] = s;
#pragma endscop
}

void sum_of_squares(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++)
    s += a[i] * a[i];
  out[0] = s;
#pragma endscop
}

void conditional_sum(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++) {
    if (a[i] > 0.0f)
      s += a[i];
  }
  out[0] = s;
#pragma endscop
}

void sum_of_strided(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N / 2; i++)
    s += a[2 * i];
  out[0] = s;
#pragma endscop
}

void two_sums(float out[2])
{
#pragma scop
  float s = 0.0f, t = 0.0f;
  for (int i = 0; i < N; i++) {
    s += a[i];
    t += b[i] * c[i];
  }
  out[0] = s;
  out[1] = t;
#pragma endscop
}

void sum_of_differences(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N; i++)
    s += (a[i] - b[i]) * (a[i] - b[i]);
  out[0] = s;
#pragma endscop
}

void sum_of_matrix(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      s += x[i][j];
  out[0] = s;
#pragma endscop
}

void maximum_of_matrix(float out[1])
{
#pragma scop
  float s = x[0][0];
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      if (x[i][j] > s)
        s = x[i][j];
  out[0] = s;
#pragma endscop
}

void counted(int out[1])
{
#pragma scop
  int s = 0;
  for (int i = 0; i < N; i++)
    s += a[i] > 0.0f;
  out[0] = s;
#pragma endscop
}
