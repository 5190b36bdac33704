//= cflags -I..
//= run
//= linked
//= printed
/* Jumps over the region and to a label behind it, and one to a label in front of it. */
#include "print.h"
double t[30];
int f(int n)
{
  int rounds = 0;
  if (n < 0)
    goto out;
again:
  ;
#pragma scop
  for (int i = 0; i < 30; i++)
    t[i] += 1.5;
#pragma endscop
  if (++rounds < n)
    goto again;
out:
  return rounds;
}
int main(void)
{
  int sum = f(-1) + f(3);
  SHOW(t);
  printf("%d\n", sum);
}
