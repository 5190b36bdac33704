//= cflags -I..
//= linked -p n=32
//= printed -p n=32
/* A pointer that is null where the data says so everywhere. */
#include "print.h"

void f(int n, const int *m, double *a, const double *b) {
#pragma scop
  for (int i = 0; i < n; i++) a[i] = m[i]?b[i]:a[i];
#pragma endscop
}
int main(void) {
  static double a[32], b[32];
  static int m[32];
  f(32, m, a, 0);
  for (int i = 0; i < 32; i++)m[i] = i%2, b[i] = i;
  f(32, m, a, b);
  SHOW(a);
}
