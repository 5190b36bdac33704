//= cflags -I..
//= says 0 compile FILE --run --fast-math --schedule "regroup(S1, k, 8); vectorize(S1, k_lane, 8)" | !same bits
//= run
/* One array is an argument, one is the file's own, one is a table in the source. */
#define N 64
static const double taps[N] = {0.1, 0.2, 0.3, 0.5, 0.7, 1.1, 1.3, 1.7};
double field[N + 8];
void init_array(int n, double out[N])
{
  for (int i = 0; i < n; i++)
    out[i] = 1.0 / 3;
  for (int i = 0; i < N + 8; i++)
    field[i] = 0.7 * i + 1.0 / (1 + i);
}
void filter(int n, double out[N])
{
#pragma scop
  for (int i = 0; i < N; i++)
    for (int k = 0; k < 8; k++)
      out[i] += taps[k] * field[i + k];
#pragma endscop
}
