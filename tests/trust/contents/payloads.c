//= cflags -I..
//= run
//= linked --schedule "vectorize(S1, i, 4)"
//= printed --schedule "vectorize(S1, i, 4)"
/* The sign of a NaN becomes an ordinary number. */
#include "print.h"

#include <string.h>
#include <math.h>
double A[40], B[40];
void f(void) {
#pragma scop
  for (int i = 0; i < 40; i++) A[i] = copysign(1.0, B[i])+fabs(B[i])*0.0;
#pragma endscop
}
int main(void) {
  for (int i = 0; i < 40; i++) {
    unsigned long b = 0x7ff8000000000000ul|(unsigned long)i<<20|((unsigned long)(i&1)<<63);
    memcpy(&B[i], &b, 8);
  }
  f();
  SHOW(A);
}
