//= cflags -I..
//= says 0 compile FILE --run --fast-math --schedule "regroup(S1, k, 8); vectorize(S1, k_lane, 8)" | !same bits | !equal bits
//= run
/* The initialising function has no arguments: the file's own arrays are what is measured. Sums in another order
   cannot have the same bits on them. */
#define N 48
double A[N][N], B[N][N], C[N][N];
void init_array(void)
{
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      A[i][j] = i + j * 0.3;
      B[i][j] = i - j * 0.7;
      C[i][j] = 1;
    }
}
void product(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      for (int k = 0; k < N; k++)
        C[i][j] += A[i][k] * B[k][j];
#pragma endscop
}
