//= cflags -I..
//= cflags -ffp-contract=off
//= run
//= linked
//= printed
//= linked --schedule "vectorize(S1, i, 8)"
/* A flag forbids contraction. */
#include "print.h"
#define N 400
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
