// Dependences that hold on one side of a point only.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void reflected(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = a[N - 1 - i] * 0.5f + b[i];
#pragma endscop
}

void fixed_element(void)
{
#pragma scop
  for (int i = 1; i < N; i++)
    a[i] = a[0] + b[i];
#pragma endscop
}

void middle_element(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = a[N / 2] + b[i];
#pragma endscop
}

void borders(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (i < 8)
      a[i] = b[i];
    else
      a[i] = b[i] + c[i - 8];
  }
#pragma endscop
}

void first_and_rest(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (i == 0)
      a[i] = b[i];
    else
      a[i] = b[i] - b[i - 1];
  }
#pragma endscop
}
