//= cflags -I..
//= run
//= linked
//= printed
/* As generators of loops print them: macros for the statements, taken back behind them. */
#include "print.h"
double u[40][40], v[40];

void generated(void)
{
  int c0, c1;
#define S1(a, b) u[a][b] = v[b] + 0.25
#define S2(a) v[a] = u[a][a]
#define floord(n, d) (((n) < 0) ? -((-(n) + (d) - 1) / (d)) : (n) / (d))
#pragma scop
  for (c0 = 0; c0 < 40; c0++)
    for (c1 = 0; c1 < 40; c1++)
      S1(c0, c1);
  for (c0 = 0; c0 < floord(79, 2); c0++)
    S2(c0);
#pragma endscop
#undef S1
#undef S2
#undef floord
}

int main(void)
{
  generated();
  SHOW(u);
  SHOW(v);
}
