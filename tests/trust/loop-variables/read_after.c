//= cflags -I..
//= run
//= linked
//= printed
//= linked --schedule "vectorize(S1, j, 4)"
/* Loop variables that are read behind the region: those of loops that ran, stepped over their bound, and did
   not run at all. */
#include "print.h"
double grid[20][23], line[20];

void sweep(int *ends)
{
  int i, j = -5, k = -7;
  unsigned char step;
#pragma scop
  for (i = 2; i < 20; i += 3)
    for (j = 22; j >= i; j--)
      grid[i][j] = 0.5 * i + j;
  for (k = 9; k < 3; k++)
    line[k] = 1.0;
  for (step = 0; step < 20; step += 7)
    line[step] = 2.0;
#pragma endscop
  ends[0] = i;
  ends[1] = j;
  ends[2] = k;
  ends[3] = step;
}

int main(void)
{
  int ends[4];
  sweep(ends);
  printf("%d %d %d %d\n", ends[0], ends[1], ends[2], ends[3]);
  SHOW(grid);
  SHOW(line);
}
