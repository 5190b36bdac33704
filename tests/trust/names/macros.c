//= cflags -I..
//= run
//= linked
//= printed
/* Macros with names of the language and of what we write ourselves. */
#include "print.h"
#define inline
#define buffers 7
#define parameters 8
#define i64 int
#define void_t void
#define noinline 3
#define unused 4
#define visibility 5
#define name A
double A[20];
void_t f(void)
{
#pragma scop
  for (int k = 0; k < 20; k++)
    name[k] = A[k] * 2 + k + noinline;
#pragma endscop
}
int main(void)
{
  f();
  SHOW(A);
  return unused + visibility + buffers;
}
