// Scalars and arrays that each iteration needs for itself.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void scalar_temporary(void)
{
  float s;
#pragma scop
  for (int i = 0; i < N; i++) {
    s = b[i] * c[i];
    a[i] = s * s;
  }
#pragma endscop
}

void swap(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    float t = a[i];
    a[i] = b[i];
    b[i] = t;
  }
#pragma endscop
}

void scalar_from_last(void)
{
  float t = 0.0f;
#pragma scop
  for (int i = 0; i < N; i++) {
    a[i] = t + b[i];
    t = b[i];
  }
#pragma endscop
}

void two_scalars(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    float s = b[i] + d[i];
    float t = c[i] - d[i];
    a[i] = s * t;
    e[i] = s + t;
  }
#pragma endscop
}

void sum_of_three(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    float s = b[i] + c[i];
    s += d[i];
    s += e[i];
    a[i] = s;
  }
#pragma endscop
}

void under_condition(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    float s = 0.0f;
    if (d[i] > 0.0f)
      s = b[i] * c[i];
    a[i] = s;
  }
#pragma endscop
}

void row_of_temporaries(void)
{
#pragma scop
  for (int i = 0; i < M; i++) {
    for (int j = 0; j < M; j++)
      a[j] = x[i][j] * 2.0f;
    for (int j = 0; j < M; j++)
      y[i][j] = a[j] + z[i][j];
  }
#pragma endscop
}

void sum_of_row(void)
{
#pragma scop
  for (int i = 0; i < M; i++) {
    float s = 0.0f;
    for (int j = 0; j < M; j++)
      s += x[i][j];
    a[i] = s;
  }
#pragma endscop
}

void wrapped_around(void)
{
  float last = 0.0f;
#pragma scop
  for (int i = 0; i < N; i++) {
    a[i] = (b[i] + last) * 0.5f;
    last = b[i];
  }
#pragma endscop
}

void two_back(void)
{
  float l1 = 0.0f, l2 = 0.0f;
#pragma scop
  for (int i = 0; i < N; i++) {
    a[i] = (b[i] + l1 + l2) * 0.333f;
    l2 = l1;
    l1 = b[i];
  }
#pragma endscop
}
