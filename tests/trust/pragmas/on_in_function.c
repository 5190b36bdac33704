//= cflags -I..
//= run
//= linked --schedule "vectorize(S1, i, 4)"
//= printed --schedule "vectorize(S1, i, 4)"
/* Off in the file, on in one function. */
#include "print.h"

#pragma STDC FP_CONTRACT OFF
double A[40], B[40], C[40];
void f(void) {
#pragma STDC FP_CONTRACT ON
#pragma scop
  for (int i = 0; i < 40; i++) A[i] = B[i]*C[i]+A[i];
#pragma endscop
}
void g(void) {
  for (int i = 0; i < 40; i++) C[i] = A[i]*B[i]+C[i];
}
int main(void) {
  for (int i = 0; i < 40; i++) {
    A[i] = 1.0/(i+3);
    B[i] = 1.0/(i+7);
    C[i] = 3.0/(i+1);
  }
  f();
  g();
  f();
  SHOW(A);
  SHOW(C);
}
