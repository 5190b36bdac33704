//= cflags -I..
//= run --function drop
//= linked --function drop
//= printed --function drop
//= run --function own
//= linked --function own
//= run --function row
//= linked --function row
/* An array's size is that of the array, not of a pointer to it. */
#include "print.h"
double A[100];
int B[7][30];

void drop(void)
{
#pragma scop
  for (unsigned long i = 0; i < sizeof(A) / sizeof(A[0]) - 1; i++)
    A[i] = A[i + 1];
#pragma endscop
}

int own(void)
{
  short L[55];
  for (int i = 0; i < 55; i++)
    L[i] = 3 * i;
#pragma scop
  for (int i = 1; i < (int)(sizeof L / sizeof *L); i++)
    L[i] += L[i - 1];
#pragma endscop
  return L[54] + L[20];
}

void row(void)
{
#pragma scop
  for (unsigned i = 0; i < sizeof B / sizeof B[0]; i++)
    for (unsigned j = 0; j < sizeof B[0] / sizeof(int); j++)
      B[i][j] = sizeof(__typeof__(B[0])) + i * j;
#pragma endscop
}

int main(void)
{
  for (int i = 0; i < 100; i++)
    A[i] = i;
  drop();
  row();
  SHOW(A);
  SHOW(B);
  printf("%d\n", own());
}
