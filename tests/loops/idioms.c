// Loops that everybody writes.
#ifndef N
#define N 32000
#endif
#define M 200
#include <string.h>
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void copy(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[i];
#pragma endscop
}

void fill(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = 3.0f;
#pragma endscop
}

void scale(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] *= 2.0f;
#pragma endscop
}

void triad(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[i] + 3.0f * c[i];
#pragma endscop
}

void cleared(void)
{
#pragma scop
  memset(a, 0, sizeof a);
  for (int i = 0; i < N; i++)
    a[i] += b[i];
#pragma endscop
}

void stencil(void)
{
#pragma scop
  for (int i = 1; i < N - 1; i++)
    a[i] = 0.25f * b[i - 1] + 0.5f * b[i] + 0.25f * b[i + 1];
#pragma endscop
}

void stencil_of_five(void)
{
#pragma scop
  for (int i = 1; i < M - 1; i++)
    for (int j = 1; j < M - 1; j++)
      x[i][j] = 0.2f * (y[i][j] + y[i - 1][j] + y[i + 1][j] + y[i][j - 1] + y[i][j + 1]);
#pragma endscop
}

void outer_product(void)
{
#pragma scop
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      x[i][j] += a[i] * b[j];
#pragma endscop
}

void convolution(void)
{
#pragma scop
  for (int i = 0; i < N - 8; i++)
    for (int k = 0; k < 8; k++)
      a[i] += b[i + k] * c[k];
#pragma endscop
}
