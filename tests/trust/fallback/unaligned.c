//= cflags -I..
//= linked -p n=40 --schedule "vectorize(S1, i, 4)"
/* Pointers that are no multiples of their elements' sizes. */
#include "print.h"

void f(int n, double *a, const double *b) {
#pragma scop
  for (int i = 0; i < n; i++) a[i] = b[i]*3.0;
#pragma endscop
}
int main(void) {
  static char r[900];
  double *b = (double *)(r+1), *a = (double *)(r+401);
  for (int i = 0; i < 40; i++)b[i] = i;
  f(40, a, b);
  SHOW(r);
}
