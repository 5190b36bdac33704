//= cflags -I..
//= run
//= linked
//= printed
//= run --schedule "split(S1, i, 8)"
/* The macros of the region are those that hold at it, whatever they are further down. */
#include "print.h"
#define COUNT 90
#define STEP(x) x += 2
#define CELL values[i]
int values[200];

void climb(void)
{
#pragma scop
  for (int i = 0; i < COUNT; i++)
    STEP(CELL);
#pragma endscop
}

#undef COUNT
#define COUNT 45
#undef STEP
#define STEP(x) x -= 1
#define values other
int other[COUNT];
#undef CELL
#undef values

int main(void)
{
  climb();
  SHOW(values);
  printf("%d\n", COUNT);
}
