//= cflags -I..
//= run
//= linked
//= printed
//= linked --schedule "vectorize(S1, i, 8)"
/* A pragma of the file forbids contraction. */
#include "print.h"
#define N 400
#pragma STDC FP_CONTRACT OFF
double p[N], q[N], r[N];
void f(void)
{
  {
#pragma scop
    for (int i = 0; i < N; i++)
      r[i] = p[i] * q[i] + r[i];
#pragma endscop
  }
}
int main(void)
{
  for (int i = 0; i < N; i++) {
    p[i] = 1.0 / (i + 3);
    q[i] = 0.1 * i;
    r[i] = -0.0333 * i;
  }
  f();
  SHOW(r);
}
