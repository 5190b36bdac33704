// Cycles of dependences that a copy breaks.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void both_neighbours(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    a[i] = b[i] + c[i];
    d[i] = a[i] + a[i + 1];
  }
#pragma endscop
}

void anti_and_flow(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    a[i] = a[i + 1] + b[i];
    c[i] = a[i + 1] * d[i];
  }
#pragma endscop
}

void exchanged(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    float t = a[i];
    a[i] = b[i + 1];
    b[i] = t;
  }
#pragma endscop
}

void product_of_neighbours(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    a[i] = a[i] * c[i];
    b[i] = b[i] + a[i + 1] * d[i];
  }
#pragma endscop
}
