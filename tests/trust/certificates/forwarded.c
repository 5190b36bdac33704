//= cflags -I..
//= says 0 compile FILE --verify
//= run
//= linked
/* The scalar is gone before the loops are made: the certificate says of what it is one. */
#include "print.h"
#define N 24
double A[N][N];
int main(void)
{
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      A[i][j] = i == j ? 30.0 : 1.0 / (i + j + 1);
#pragma scop
  for (int k = 0; k < N; k++)
    for (int i = k + 1; i < N; i++) {
      double factor = A[i][k] / A[k][k];
      A[i][k] = factor;
      for (int j = k + 1; j < N; j++)
        A[i][j] -= factor * A[k][j];
    }
#pragma endscop
  SHOW(A);
}
