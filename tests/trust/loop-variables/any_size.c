//= cflags -I..
//= run
//= linked
//= printed
/* What loops leave in their variables, for sizes of all kinds. */
#include "print.h"

double A[60];
int f(int n) {
  int i, j = 7;
  double last = 0;
#pragma scop
  for (i = 3; i < n; i += 2) {
    A[i] = A[i-1]+1;
    last = A[i];
    for (j = i; j < n; j++) A[j] *= 1.0;
  }
#pragma endscop
  return i*100+j+(int)last;
}
int main(void) {
  int r[6];
  int s[] = {0, 3, 4, 10, 50, -1};
  for (int k = 0; k < 6; k++)r[k] = f(s[k]);
  SHOW(A);
  SHOW(r);
}
