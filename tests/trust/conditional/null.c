//= cflags -I..
//= linked -p n=32 -p use=1 --schedule "vectorize(S1, i, 4)"
//= printed -p n=32 -p use=1 --schedule "vectorize(S1, i, 4)"
/* A pointer that is null where the condition does not hold. */
#include "print.h"

void f(int n, int use, double *a, const double *b) {
#pragma scop
  for (int i = 0; i < n; i++) if (use) a[i] += b[i];
#pragma endscop
}
int main(void) {
  static double a[32], b[32];
  for (int i = 0; i < 32; i++)b[i] = i;
  f(32, 1, a, b);
  f(32, 0, a, 0);
  SHOW(a);
}
