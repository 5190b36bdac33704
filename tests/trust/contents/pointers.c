//= cflags -I..
//= run
//= linked
//= printed
//= says 0 compile FILE --run --fast-math --schedule "regroup(S1, k, 8); vectorize(S1, k_lane, 8)" | !same bits
/* Pointers at file scope that the initialising function fills. */
#include <stdlib.h>
#include "print.h"
#define N 40
static double *x;
double (*m)[N], *restrict y;
void init_array(void)
{
  x = malloc(N * sizeof *x);
  m = calloc(N, sizeof *m);
  y = malloc(N * sizeof(double));
  for (int i = 0; i < N; i++) {
    x[i] = 1.0 / (i + 1);
    y[i] = -i / 3.0;
    for (int j = 0; j < N; j++)
      m[i][j] = i * 0.1 - j;
  }
}
void apply(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      y[i] += m[i][k] * x[k];
#pragma endscop
}
int main(void)
{
  init_array();
  apply();
  show("y", y, N * sizeof *y);
}
