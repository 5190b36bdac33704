//= cflags -I..
//= cflags -std=gnu89
//= linked -p n=20 --schedule "vectorize(S1, i, 4)"
/* A definition of the old kind with register. */
#include "print.h"

void f(n, a) register int n;
double *a;
{
  register int i;
#pragma scop
  for (i = 0; i < n; i++) a[i] = a[i]*2.0;
#pragma endscop
}
int main(void) {
  static double a[60];
  int i;
  for (i = 0; i < 60; i++)a[i] = i;
  f(20, a);
  f(60, a);
  f(0, a);
  SHOW(a);
  return 0;
}
