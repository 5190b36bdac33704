// Variables that grow with the loop.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void counted_along(void)
{
#pragma scop
  int k = 0;
  for (int i = 0; i < N; i++) {
    k += 1;
    a[k - 1] = b[i] * c[i];
  }
#pragma endscop
}

void by_twos(void)
{
#pragma scop
  int k = 0;
  for (int i = 0; i < N / 2; i++) {
    a[i] = b[k] + c[i];
    k += 2;
  }
#pragma endscop
}

void downwards(void)
{
#pragma scop
  int k = N - 1;
  for (int i = 0; i < N; i++) {
    a[i] = b[k];
    k--;
  }
#pragma endscop
}

void behind_by_one(void)
{
#pragma scop
  int before = N - 1;
  for (int i = 0; i < N; i++) {
    a[i] = b[i] + b[before];
    before = i;
  }
#pragma endscop
}

void of_two_loops(void)
{
#pragma scop
  int k = 0;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M / 2; j++) {
      a[k] = x[i][j];
      k++;
    }
#pragma endscop
}

void two_at_once(void)
{
#pragma scop
  int k = 0;
  for (int i = 0; i < N / 2; i++) {
    a[k] = b[i];
    a[k + 1] = c[i];
    k += 2;
  }
#pragma endscop
}

void scaled_by_index(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    a[i] = b[i] * (float)i;
#pragma endscop
}

void value_grows(void)
{
  float s = 0.0f;
#pragma scop
  for (int i = 0; i < N; i++) {
    a[i] = s;
    s += 2.0f;
  }
#pragma endscop
}
