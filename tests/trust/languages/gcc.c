//= cflags -I..
//= run --compiler gcc
//= tuned --compiler gcc
//= linked --compiler gcc
/* Another C compiler for the original and the file. */
#include "print.h"
double grid[20][30], line[30];
static const int width = 30;
void f(int from)
{
  int j = 0;
  enum { ROWS = 20 };
#pragma scop
  for (int i = 0; i < ROWS; i++)
    for (j = 0; j < width; j++)
      grid[i][j] = grid[i][j] + line[j] + i;
#pragma endscop
  line[0] = j + from;
}
int main(void)
{
  f(1);
  f(2);
  SHOW(grid);
  SHOW(line);
}
