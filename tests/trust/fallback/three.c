//= cflags -I..
//= linked -p n=24 --schedule "vectorize(S1, i, 4)"
//= printed -p n=24 --schedule "vectorize(S1, i, 4)"
/* Three arrays that overlap in any way. */
#include "print.h"

void f(int n, double *a, double *b, double *c) {
#pragma scop
  for (int i = 0; i < n; i++) a[i] = b[i]+c[i];
#pragma endscop
}
int main(void) {
  static double d[120];
  for (int i = 0; i < 120; i++)d[i] = i;
  for (int p = -3; p < 4; p++)for (int q = -25; q < 26; q += 5) {
    f(24, d+40, d+40+p, d+40+q);
    for (int i = 0; i < 120; i++)d[i] = (int)d[i]%97;
  }
  SHOW(d);
}
