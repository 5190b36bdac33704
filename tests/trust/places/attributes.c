//= cflags -I..
//= run
//= linked
//= printed
//= linked --schedule "vectorize(S1, i, 4)"
/* Attributes and qualifiers of all kinds, on functions in front and behind, and comments in odd places. */
#include "print.h"
double a[64] __attribute__((aligned(64))), b[64] __attribute__((section(".mine"))), *restrict const c = a + 32;
static const double by = 0.5;
static _Thread_local int calls;
struct made { int x; };
__attribute__((noinline, cold))
/* here */ static struct made
    *__attribute__((noinline)) scale(struct made *made, const int *restrict const offset, double volatile unused)
{
  register double r = by;
  calls++;
#pragma scop
  for (int i = 0; i < 32; i++)
    c[i] = b[i] * r + offset[0];
#pragma endscop
  return made;
}
int main(void)
{
  struct made made = {3};
  int offset = 2;
  for (int i = 0; i < 64; i++)
    b[i] = i;
  scale(&made, &offset, 0.0);
  offset = scale(&made, &offset, 0.0)->x + calls;
  SHOW(a);
  printf("%d\n", offset);
}
