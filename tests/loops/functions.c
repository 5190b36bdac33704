// Small functions in the loop, of the file and of the library.
#ifndef N
#define N 32000
#endif
#define M 200
#include <math.h>
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];
static float square(float x) { return x * x; }
static float mixed(float x, float y, float t) { return x * t + y * (1.0f - t); }
static float clamped(float x)
{
  if (x < 0.0f)
    return 0.0f;
  return x > 1.0f ? 1.0f : x;
}
static int position(int i) { return N - 1 - i; }


void squares(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = square(b[i]) + square(c[i]);
#pragma endscop
}

void mixtures(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = mixed(b[i], c[i], 0.25f);
#pragma endscop
}

void clamps(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = clamped(b[i]);
#pragma endscop
}

void positions(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[position(i)];
#pragma endscop
}

void roots(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = sqrtf(fabsf(b[i]));
#pragma endscop
}

void extremes(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = fmaxf(b[i], c[i]) - fminf(b[i], c[i]);
#pragma endscop
}
