//= cflags -I..
//= run
//= linked
//= printed
/* Arrays in a header, a C file that is included, and a header that is included in a function. */
#include "arrays.h"
#include <stdio.h>
#include "part.inc"
#include "print.h"
void part(void)
{
#include "values.inc"
#pragma scop
  for (int i = 0; i < COUNT; i++)
    for (int j = 0; j < WIDTH; j++)
      shared[i][j] = helper(i) + j;
#pragma endscop
}
int main(void)
{
  part();
  SHOW(shared);
}
