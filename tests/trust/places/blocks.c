//= cflags -I..
//= run
//= linked
//= printed
//= linked --function deep_2
/* In nested blocks, under conditions, in a loop and in a branch of a switch, with variables that hide others. */
#include "print.h"
int n = 31;
double x[64], y[64];
void deep(int way)
{
  double x[64];
  static int calls;
  static double kept[64];
  for (int i = 0; i < 64; i++)
    x[i] = i + way;
  for (int round = 0; round < 3; round++) {
    switch (way) {
    case 1: {
      const int n = 20;
      {
#pragma scop
        for (int i = 0; i < n; i++)
          kept[i] += x[i];
#pragma endscop
      }
      break;
    }
    default:
      if (round) {
        int way = 40;
#pragma scop
        for (int i = 0; i < way; i++)
          y[i] += kept[i] + 1.0;
#pragma endscop
      }
    }
    calls++;
  }
  y[63] = calls;
}
int main(void)
{
  deep(0);
  deep(1);
  deep(2);
  SHOW(x);
  SHOW(y);
}
