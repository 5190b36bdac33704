//= cflags -I..
//= run --function add
//= linked --function add
//= printed --function add
//= run --function first
//= linked --function first
/* In functions that are static and inline, and one that is inline only. */
#include "print.h"
float left[40], right[40], sum[40];
static inline __attribute__((always_inline)) void add(float *restrict x, const float *restrict y)
{
#pragma scop
  for (int i = 0; i < 40; i++)
    x[i] += y[i];
#pragma endscop
}
extern inline void first(void)
{
#pragma scop
  for (int i = 0; i < 40; i++)
    left[i] = 0.5f * i;
#pragma endscop
}
int main(void)
{
  first();
  add(right, left);
  add(sum, right);
  add(sum, right);
  SHOW(sum);
}
