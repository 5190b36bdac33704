// Values that are known from elsewhere in the function.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void constant_offset(void)
{
  const int k = 1;
#pragma scop
  for (int i = 0; i < N - 2; i++)
    a[i] = a[i + k] + b[i];
#pragma endscop
}

void unknown_offset(int k)
{
#pragma scop
  for (int i = 0; i < N / 2; i++)
    a[i] = a[i + k] * b[i];
#pragma endscop
}

void flag_outside(int mode)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (mode > 0)
      a[i] = b[i] + c[i];
    else
      a[i] = b[i] - c[i];
  }
#pragma endscop
}

void scalar_from_before(float s)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = s * b[i];
#pragma endscop
}

void temporary_used_twice(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    float t = b[i] + c[i];
    a[i] = t * t;
    d[i] = t;
  }
#pragma endscop
}

void loop_bound_parameter(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      x[i][j] += y[i][j] * z[i][j];
#pragma endscop
}
