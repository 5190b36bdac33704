//= cflags -I..
//= says 0 explain FILE --function s | !j = 255 | !j=255 | !k = 255
//= run --function s
//= linked --function s
//= linked --function t
/* What the function says of its integers wins over what the arrays' extents suggest. */
#include "print.h"
double aa[96][96], b[96];
void s(void)
{
  int m = 0;
  int j = m, k = m + 1;
#pragma scop
  for (int i = 1; i < 96; i++)
    aa[j][i] = aa[k][i - 1] + b[i];
#pragma endscop
}
void t(int rows)
{
  int half = rows / 2;
#pragma scop
  for (int i = 0; i < half; i++)
    b[i] += 1.0;
#pragma endscop
}
int main(void)
{
  for (int i = 0; i < 96 * 96; i++)
    (&aa[0][0])[i] = i * 0.1;
  s();
  t(80);
  SHOW(aa);
  SHOW(b);
}
