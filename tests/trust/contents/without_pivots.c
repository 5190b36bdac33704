//= cflags -I..
//= run
//= says 0 compile FILE --run | same bits | !not a check | !NaN
/* Elimination on the zeros of the file's arrays would compare NaN with NaN. */
#define N 30
double m[N][N];
void init_array(void)
{
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      m[i][j] = i == j ? 12.0 : 1.0 / (2 + i + j);
}
int main(void)
{
  int i, j, k;
  init_array();
#pragma scop
  for (k = 0; k < N; k++) {
    for (j = k + 1; j < N; j++)
      m[k][j] = m[k][j] / m[k][k];
    for (i = k + 1; i < N; i++)
      for (j = k + 1; j < N; j++)
        m[i][j] = m[i][j] - m[i][k] * m[k][j];
  }
#pragma endscop
  return 0;
}
