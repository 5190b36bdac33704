//= cflags -I..
//= says 0 compile FILE --run --fast-math --schedule "regroup(S1, k, 8); vectorize(S1, k_lane, 8)" | !same bits | alpha
/* A factor that the initialising function does not set is not zero. */
#define N 48
double A[N][N], B[N][N], C[N][N];
void init_array(double A[N][N], double B[N][N], double C[N][N])
{
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      A[i][j] = i + j * 0.3;
      B[i][j] = i - j * 0.7;
      C[i][j] = 1;
    }
}
void product(double alpha)
{
#pragma scop
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      for (int k = 0; k < N; k++)
        C[i][j] += alpha * A[i][k] * B[k][j];
#pragma endscop
}
