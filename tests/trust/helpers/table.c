//= cflags -I..
//= run -p n=64
//= linked -p n=64
//= printed -p n=64
//= beside -p n=64
/* A function with a table of its own file, called on the arguments of the function. */
#include "print.h"
static const float table[4] = {0.5f, -1.0f, 2.0f, 0.125f};
static inline float look(int k) { return table[k & 3]; }

void taps(int n, float x[n], float y[n])
{
#pragma scop
  for (int i = 0; i < 61; i++)
    y[i] = x[i] * table[3] + 1.0f;
#pragma endscop
  y[0] += look(n);
}
