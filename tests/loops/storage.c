// Arrays by several names, and of several forms.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];
struct pair { float first, second; } pairs[N];

void members(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    pairs[i].first = pairs[i].second * a[i];
#pragma endscop
}

void members_summed(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = pairs[i].first + pairs[i].second;
#pragma endscop
}

void through_pointers(float *p, const float *q)
{
#pragma scop
  for (int i = 0; i < N; i++)
    p[i] = q[i] * 2.0f;
#pragma endscop
}

void restricted(float *restrict p, const float *restrict q, const float *restrict r)
{
#pragma scop
  for (int i = 0; i < N; i++)
    p[i] += q[i] * r[i];
#pragma endscop
}

void walked(void)
{
#pragma scop
  const float *from = b;
  for (float *to = a; to < a + N; to++)
    *to = *from++ + 1.0f;
#pragma endscop
}

void flattened(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M / 2; j++)
      a[i * (M / 2) + j] = b[i * (M / 2) + j] * x[i][j];
#pragma endscop
}
