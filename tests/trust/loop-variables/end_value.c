//= cflags -I..
//= run --function rows
//= linked --function rows
//= printed --function rows
//= run --function down
//= linked --function down
//= linked --function rows --schedule "interchange(S2, i, j)"
/* A name for a loop variable behind its loop is the value that the loop left, not the variable of another
   loop of the same name. */
#include "print.h"
#define ROWS 17
int filled[ROWS][ROWS], total[ROWS];
int marks[40];

void rows(void)
{
  int i, j;
#pragma scop
  for (i = 0; i < ROWS; i++) {
    for (j = 3; j < i; j += 2)
      filled[i][j] += 1;
    const int left = j;
    for (j = 0; j < ROWS; j++)
      total[j] += left;
  }
#pragma endscop
}

void down(void)
{
  int p;
#pragma scop
  for (p = 30; p > 4; p -= 4)
    marks[p] = 1;
  int rest = p;
  for (p = 0; p < 3; p++)
    marks[p] += rest;
#pragma endscop
}

int main(void)
{
  rows();
  down();
  SHOW(filled);
  SHOW(total);
  SHOW(marks);
}
