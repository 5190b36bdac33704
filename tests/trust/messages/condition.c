//= cflags -I..
//= says 3 explain FILE | !is assigned in the region
/* What is not affine is not called assigned, and the loop's bound is called by the call that it is. */
#include <stdbool.h>
int widest(int, int);
double C[40][40];
void scaled(double beta)
{
#pragma scop
  for (int i = 0; i < 40 && beta > 1.0; i++)
    C[i][0] *= beta;
#pragma endscop
}
