//= cflags -I..
//= run
//= linked
//= printed
/* Loop variables and results at file scope, which other functions read. */
#include "print.h"
int row, column;
double sum, table[12][31];

void fill(void)
{
#pragma scop
  sum = 0.0;
  for (row = 0; row < 12; row++)
    for (column = row; column < 31; column += 2) {
      table[row][column] = 0.1 * row - column;
      sum += table[row][column];
    }
#pragma endscop
}

static void report(void) { printf("%d %d %a\n", row, column, sum); }

int main(void)
{
  fill();
  report();
  SHOW(table);
}
