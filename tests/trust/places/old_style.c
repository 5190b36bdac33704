//= cflags -I..
//= cflags -std=c89
//= run -p n=30
//= linked -p n=30
//= linked -p n=9
//= printed -p n=30
/* A definition in the old style, without a prototype, and a result that is int by default. */
#include "print.h"
double a[64];
add(n, x, by)
int n;
double x[];
float by;
{
  int i;
#pragma scop
  for (i = 0; i < n; i++)
    a[i] = a[i] + x[i] * by;
#pragma endscop
  return i;
}
main()
{
  double x[64];
  int i;
  for (i = 0; i < 64; i++)
    x[i] = i * 0.1;
  i = add(30, x, 0.5) + add(12, x, 1.5);
  SHOW(a);
  return i;
}
