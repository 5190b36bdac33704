// Conditions on data and on the loop.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void one_sided(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (b[i] > 0.0f)
      a[i] += b[i] * c[i];
  }
#pragma endscop
}

void two_sided(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (b[i] < c[i])
      a[i] = b[i];
    else
      a[i] = c[i];
  }
#pragma endscop
}

void either_array(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (a[i] > b[i])
      a[i] += b[i] * d[i];
    else
      b[i] = a[i] + c[i] * c[i];
  }
#pragma endscop
}

void nested(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (a[i] > 0.0f) {
      if (b[i] > 0.0f)
        c[i] = a[i] * b[i];
      else
        c[i] = a[i];
    }
  }
#pragma endscop
}

void three_ways(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (b[i] < 0.0f)
      a[i] = -b[i];
    else if (b[i] > 1.0f)
      a[i] = 1.0f;
    else
      a[i] = b[i] * b[i];
  }
#pragma endscop
}

void selected(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[i] > 0.0f ? b[i] : c[i] * 0.1f;
#pragma endscop
}

void continued(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (b[i] < 0.0f)
      continue;
    a[i] += b[i];
  }
#pragma endscop
}

void index_condition(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (i % 2 == 0)
      a[i] = b[i];
    else
      a[i] = c[i];
  }
#pragma endscop
}

void both_conditions(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (a[i] > 0.0f && b[i] > 0.0f)
      c[i] = d[i];
  }
#pragma endscop
}

void either_condition(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (a[i] < 0.0f || b[i] < 0.0f)
      c[i] = 0.0f;
  }
#pragma endscop
}

void guarded_division(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (b[i] != 0.0f)
      a[i] = c[i] / b[i];
  }
#pragma endscop
}

void lower_triangle(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      if (j <= i)
        x[i][j] = y[i][j];
#pragma endscop
}

void flags(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    e[i] = a[i] > b[i] ? 1.0f : 0.0f;
#pragma endscop
}
