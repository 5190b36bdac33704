//= cflags -I..
//= run --function f --schedule "split(S1, i, 8)"
//= run --function f_2 --schedule "split(S1, i, 8)"
//= linked --function f_2 --schedule "parallelize(S1, i)"
//= linked
//= printed --function f_2
//= says 0 explain FILE | f_2
/* Either region of a function has a name. */
#include "print.h"
double A[64], B[64];
void f(void)
{
  int n = 3;
#pragma scop
  for (int i = 0; i < 64; i++)
    A[i] = i;
#pragma endscop
  n += A[3];
#pragma scop
  for (int i = 0; i < 64; i++)
    B[i] = A[i] - 0.5;
#pragma endscop
  A[0] = n;
}
int main(void)
{
  f();
  SHOW(A);
  SHOW(B);
}
