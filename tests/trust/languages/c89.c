//= cflags -I..
//= cflags -std=c89
//= run
//= linked
//= printed
/* The flag of the language: c89. */
#include "print.h"
#if __STDC_VERSION__ > 201710L && !defined(OLD)
#define NONE
typedef bool flag;
#else
#define NONE void
typedef int flag;
#endif
double grid[20][30], line[30];
void f(NONE)
{
  int i, j;
  flag seen = 1;
#pragma scop
  for (i = 0; i < 20; i++)
    for (j = 0; j < 30; j++)
      grid[i][j] = grid[i][j] + line[j] * 0.3 + i;
#pragma endscop
  line[0] = i + j + seen;
}
int main(NONE)
{
  f();
  f();
  SHOW(grid);
  SHOW(line);
  return 0;
}
