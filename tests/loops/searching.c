// Loops that look for something.
#ifndef N
#define N 32000
#endif
#define M 200
float a[N], b[N], c[N], d[N], e[N];
float x[M][M], y[M][M], z[M][M];

void first_negative(void)
{
#pragma scop
  for (int i = 0; i < N; i++) {
    if (a[i] < 0.0f)
      break;
    b[i] = a[i] + c[i];
  }
#pragma endscop
}

void place_of_maximum(float out[1], int at[1])
{
#pragma scop
  float most = a[0];
  int place = 0;
  for (int i = 0; i < N; i++) {
    if (a[i] > most) {
      most = a[i];
      place = i;
    }
  }
  out[0] = most;
  at[0] = place;
#pragma endscop
}

void any_above(int out[1])
{
#pragma scop
  int found = 0;
  for (int i = 0; i < N; i++) {
    if (a[i] > 100.0f)
      found = 1;
  }
  out[0] = found;
#pragma endscop
}

void last_above(int out[1])
{
#pragma scop
  int last = -1;
  for (int i = 0; i < N; i++) {
    if (a[i] > 1.0f)
      last = i;
  }
  out[0] = last;
#pragma endscop
}
