// Elements moved together.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void packed_positive(void)
{
#pragma scop
  int k = 0;
  for (int i = 0; i < N; i++) {
    if (b[i] > 0.0f)
      a[k++] = b[i];
  }
#pragma endscop
}

void spread_out(void)
{
#pragma scop
  for (int i = 0; i < N / 2; i++)
    a[2 * i] = b[i];
#pragma endscop
}

void interleaved(void)
{
#pragma scop
  for (int i = 0; i < N / 2; i++) {
    a[2 * i] = b[i];
    a[2 * i + 1] = c[i];
  }
#pragma endscop
}

void taken_apart(void)
{
#pragma scop
  for (int i = 0; i < N / 2; i++) {
    a[i] = c[2 * i];
    b[i] = c[2 * i + 1];
  }
#pragma endscop
}
