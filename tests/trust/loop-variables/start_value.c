//= cflags -I..
//= run
//= linked
//= linked --schedule "vectorize(S1, t, 8)"
/* A name for a loop variable's value before the loop. */
#include "print.h"
long seen[50];

void keep(void)
{
  int t = 7;
#pragma scop
  int was = t;
  int twice = was + t;
  for (t = 0; t < 50; t++)
    seen[t] = 100 * was + twice;
#pragma endscop
}

int main(void)
{
  keep();
  SHOW(seen);
}
