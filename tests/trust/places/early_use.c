//= cflags -I..
//= run
//= linked
//= printed
/* Functions that are declared only behind the region's, called by it; tentative definitions; a function that calls
   itself. */
#include "print.h"
double t[30];
static int last(int);
int again(int depth)
{
  static double u[30];
  if (depth > 0)
    again(depth - 1);
#pragma scop
  for (int i = 0; i < 30; i++)
    t[i] = t[i] + u[i] + i;
#pragma endscop
  u[depth] = t[29];
  return last(depth);
}
double t[30];
static int last(int x) { return (int)t[x]; }
int main(void)
{
  int sum = again(4) + again(2);
  SHOW(t);
  printf("%d\n", sum);
}
