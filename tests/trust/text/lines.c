//= cflags -I..
//= run --function f
//= linked --function f
//= linked --function g
//= printed --function g
/* Places that the source gives itself, and that it asks for, are the same in ours. */
#include "print.h"
int A[30], B[30];
static int early(void) { return __LINE__; }
#line 500 "generated from elsewhere.c"
static const char *file(void) { return __FILE__; }
void f(void)
{
  int at = __LINE__;
#pragma scop
  for (int i = 0; i < 30; i++)
    A[i] = __LINE__ + i;
#pragma endscop
  printf("%d %d\n", at, __LINE__);
}
#line 7
void g(void)
{
#pragma scop
  for (int i = 0; i < 30; i++)
    B[i] = __LINE__;
#pragma endscop
  printf("%d %s\n", __LINE__, __FILE__);
}
# 12 "other.c" 1
int main(void)
{
  f();
  g();
  printf("%d %d %s %s\n", early(), __LINE__, file(), __FILE__);
  SHOW(A);
  SHOW(B);
}
