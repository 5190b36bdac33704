//= cflags -I..
//= run
//= linked
//= printed
/* Lines that end with carriage return and line feed, and lines that go on behind a backslash. */
#include "print.h"
#define SET(i) \
  A[i] = \
    0.25 * i
double A[6\
4];
void k(void)
{
  enum { COUNT = 6\
4 };
#define LIMIT \
  COUNT
#pragma \
  scop
  for (int i = 0; i < LIMIT; i++)
    SE\
T(i);
#pragma endscop
}
int main(void)
{
  k();
  SHOW(A);
}
