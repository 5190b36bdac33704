// Loops that somebody unrolled.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void sum_by_five(float out[1])
{
#pragma scop
  float s = 0.0f;
  for (int i = 0; i < N - 4; i += 5)
    s += a[i] * b[i] + a[i + 1] * b[i + 1] + a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3] + a[i + 4] * b[i + 4];
  out[0] = s;
#pragma endscop
}

void copy_by_four(void)
{
#pragma scop
  for (int i = 0; i < N; i += 4) {
    a[i] = b[i];
    a[i + 1] = b[i + 1];
    a[i + 2] = b[i + 2];
    a[i + 3] = b[i + 3];
  }
#pragma endscop
}

void scaled_by_two(float s)
{
#pragma scop
  for (int i = 0; i < N; i += 2) {
    a[i] += s * b[i];
    a[i + 1] += s * b[i + 1];
  }
#pragma endscop
}

void gathered_by_two(float s, const int index[N])
{
#pragma scop
  for (int i = 0; i < N; i += 2) {
    a[i] += s * b[index[i]];
    a[i + 1] += s * b[index[i + 1]];
  }
#pragma endscop
}
