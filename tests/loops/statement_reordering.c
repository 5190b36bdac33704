// Statements whose order stands in the way.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void use_before_definition(void)
{
#pragma scop
  for (int i = 1; i < N - 1; i++) {
    a[i] = b[i - 1] + c[i];
    b[i] = b[i + 1] - e[i] * d[i];
  }
#pragma endscop
}

void definition_before_use(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    b[i] = a[i] + c[i];
    d[i] = b[i + 1] * 2.0f;
  }
#pragma endscop
}

void three_in_a_chain(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    a[i] = b[i + 1] + 1.0f;
    b[i] = c[i + 1] + 2.0f;
    c[i] = d[i] + 3.0f;
  }
#pragma endscop
}

void neighbour_read_late(void)
{
#pragma scop
  for (int i = 0; i < N - 1; i++) {
    a[i + 1] = c[i];
    d[i] = a[i] + e[i];
  }
#pragma endscop
}
