//= cflags -I..
//= run
//= linked
//= says 0 tune FILE --budget 200ms
//= says 0 bench FILE --against "clang-19 -O2"
/* Another function needs what another file defines; the region does not. */
#include "print.h"
double A[64], *outside;
extern double shared[8];
void elsewhere(double *);
void k(void)
{
#pragma scop
  for (int i = 0; i < 64; i++)
    A[i] = 1.0 + i;
#pragma endscop
  elsewhere(A);
  outside = shared;
}
