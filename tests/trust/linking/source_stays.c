//= cflags -I..
//= tuned
//= says 0 tune FILE --budget 300ms --emit obj -o OUT
/* Nothing beats this source: what is written is the C compiler's code, in one program with the rest. */
#include "print.h"
#define N 37
double A[N][N], B[N][N];
void t(void)
{
#pragma scop
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      if (!(i < j || i > 20))
        A[i][j] = B[j][i];
      else if (i == j + 3 || j - i != 4)
        A[i][j] -= 1;
#pragma endscop
}
int main(void)
{
  for (int i = 0; i < N * N; i++)
    (&B[0][0])[i] = i;
  t();
  t();
  SHOW(A);
}
