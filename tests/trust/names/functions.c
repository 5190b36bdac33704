//= cflags -I..
//= run
//= linked
//= printed
/* Functions and arrays of the file with the names that the measurement's own would have. */
#include "print.h"
double A[20];
int loopwright_original = 1, loopwright_locate = 2, loopwright_initialize = 3, loopwright_entry = 4;
void loopwright_text_f(void) { A[0] = 2; }
void loopwright_region(void) { A[1] = 2; }
static int loopwright_try_f, loopwright_here_f, loopwright_scheduled_f, loopwright_swap, loopwright_user_main;
void f(void)
{
#pragma scop
  for (int i = 0; i < 20; i++)
    A[i] = A[i] * 2 + i;
#pragma endscop
}
int main(void)
{
  loopwright_text_f();
  loopwright_region();
  f();
  SHOW(A);
  return loopwright_original + loopwright_locate + loopwright_entry + loopwright_try_f + loopwright_here_f +
         loopwright_scheduled_f + loopwright_swap + loopwright_user_main + loopwright_initialize;
}
