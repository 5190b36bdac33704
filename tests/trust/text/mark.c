//! mark
//= cflags -I..
#include "print.h"
//= run
//= linked
//= printed
/* The mark of an encoding at the beginning. */
int A[30];
int main(void)
{
#pragma scop
  for (int i = 0; i < 30; i++)
    A[i] = i * i;
#pragma endscop
  SHOW(A);
  return A[3];
}
