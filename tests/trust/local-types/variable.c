//= cflags -I..
//= run -p n=20
//= linked -p n=20
//= linked -p n=7
//= printed -p n=20
/* Types whose size is known at run time only, and arrays of the function of that size. */
#include "print.h"
double result[60];

void variable(int n)
{
  typedef double row[n];
  row storage[3];
  double (*rows)[n] = storage;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < n; j++)
      rows[i][j] = i - 0.5 * j;
  {
    typedef row other;
#pragma scop
    for (int j = 0; j < n; j++)
      result[j] = storage[0][j] + 2.0 * storage[2][j];
#pragma endscop
  }
}

int main(void)
{
  for (int n = 1; n < 50; n++) {
    variable(n);
    SHOW(result);
  }
}
