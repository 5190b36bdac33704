//= cflags -I..
//= cflags -include
//= cflags arrays.h
//= cflags -DROWS=7
//= run
//= linked
//= printed
/* A header that the command line includes, and a macro that it defines. */
#include "print.h"
void fill(void)
{
#pragma scop
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < 20; j++)
      shared[i][j] = i - shared[i][j];
#pragma endscop
}
int main(void)
{
  fill();
  SHOW(shared);
}
