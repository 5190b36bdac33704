//= cflags -I..
//= run
//= linked
//= printed
/* Bytes that are no UTF-8, in a comment and a string: café */
#include "print.h"
double A[64];
static const char *name = "üäÿ";
void k(void)
{
#pragma scop
  for (int i = 0; i < 64; i++) /* § 3 */
    A[i] = i * 1.5;
#pragma endscop
}
int main(void)
{
  k();
  SHOW(A);
  printf("%d %s\n", (unsigned char)name[1], name);
}
