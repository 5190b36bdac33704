//= cflags -I..
//= run
//= linked
//= printed
/* Forbidden for the file, allowed in one function, by way of a macro. */
#include "print.h"
#pragma STDC FP_CONTRACT OFF
#define FUSE _Pragma("STDC FP_CONTRACT ON")
#define N 300
float p[N], q[N], r[N];
void f(void)
{
  FUSE
#pragma scop
  for (int i = 0; i < N; i++)
    r[i] = p[i] * q[i] + r[i];
#pragma endscop
}
void g(void)
{
  for (int i = 0; i < N; i++)
    q[i] = p[i] * r[i] + q[i];
}
int main(void)
{
  for (int i = 0; i < N; i++) {
    p[i] = 1.0f / (i + 3);
    q[i] = 0.1f * i;
    r[i] = -0.0333f * i;
  }
  f();
  g();
  SHOW(r);
  SHOW(q);
}
