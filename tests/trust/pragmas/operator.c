//= cflags -I..
//= run --function plain
//= run --function made
//= linked --function plain
//= linked --function made
//= printed --function plain
/* The operator's form of the region's pragmas, and a macro that makes them. */
#include "print.h"
double A[64], B[64];
void plain(void)
{
  _Pragma("scop")
  for (int i = 0; i < 64; i++)
    A[i] = 0.5 * i;
  _Pragma("endscop")
}
#define BEGIN _Pragma("scop")
#define END _Pragma("endscop")
void made(void)
{
  BEGIN
  for (int i = 0; i < 64; i++)
    B[i] = A[i] - 1;
  END
}
int main(void)
{
  plain();
  made();
  SHOW(A);
  SHOW(B);
}
