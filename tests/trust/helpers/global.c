//= cflags -I..
//= run
//= linked
//= printed
//= linked --schedule "vectorize(S1, i, 4)"
/* A function that the region calls reads the file's arrays: the same that everything else does. */
#include "print.h"
#define N 64
double weight[N], result[N];
static double bias = 0.25;
static double factor(int i) { return weight[i] + bias; }
static double twice(int i) { return 2.0 * factor(i); }

void blend(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    result[i] = twice(i) - factor(N - 1 - i);
#pragma endscop
}
