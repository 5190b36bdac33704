//= cflags -I..
//= run
//= linked
//= printed
/* What asks for its place: assert, __LINE__, __func__, counters. */
#include "print.h"
#include <assert.h>
#define GLUE(a, b) a##b
#define JOIN(a, b) GLUE(a, b)
#define FRESH JOIN(fresh, __COUNTER__)
int A[20];
static int FRESH = 3;
void numbered(void)
{
  assert(A[0] == 0);
  _Static_assert(sizeof A == 80, "the array's size");
  static const char *const me = __func__;
#pragma scop
  for (int i = 0; i < 20; i++)
    A[i] = i + __LINE__;
#pragma endscop
  static int FRESH = 4;
  printf("%s %d %d\n", me, fresh0, fresh1);
}
int main(void)
{
  numbered();
  SHOW(A);
  assert(A[1] == 0);
}
