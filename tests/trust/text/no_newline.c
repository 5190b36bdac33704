//= cflags -I..
//= run
//= linked
//= printed
/* The file ends without a newline, in a line comment, and begins with the mark of its encoding. */
#include "print.h"
int A[30];
int main(void)
{
#pragma scop
  for (int i = 0; i < 30; i++)
    A[i] = i * i;
#pragma endscop
  SHOW(A);
  return A[3];
} // the end