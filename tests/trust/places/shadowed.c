//= cflags -I..
//= run
//= linked --schedule "vectorize(S1, i, 4)"
//= printed --schedule "vectorize(S1, i, 4)"
/* A local array with the name of one at file scope. */
#include "print.h"

double A[40], B[40];
void f(void) {
  double *T = A;
  {
    double A[40];
    for (int i = 0; i < 40; i++)A[i] = i;
#pragma scop
    for (int i = 0; i < 40; i++) B[i] = A[i]*2.0;
#pragma endscop
  }
  T[0] = 1;
}
int main(void) {
  f();
  SHOW(A);
  SHOW(B);
}
