//= cflags -I..
//= run -p argc=1
//= linked -p argc=1
//= printed -p argc=1
/* In main, whose arguments the region uses, with arrays of main itself. */
#include "print.h"
int main(int argc, char **argv)
{
  static double grid[25][25];
  double line[25];
  const double step = 0.25;
  register int i, j;
  for (i = 0; i < 25; i++)
    line[i] = i;
  if (argv[0] == 0)
    return 1;
#pragma scop
  for (i = 0; i < 25; i++)
    for (j = 0; j < 25; j++)
      grid[i][j] = line[j] * step + argc;
#pragma endscop
  SHOW(grid);
  return i + j;
}
