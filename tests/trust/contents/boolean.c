//= cflags -I..
//= run
//= linked
//= says 0 tune FILE --budget 200ms
/* Values that a type has: of _Bool, of an enumeration, of char. */
#include "print.h"
#include <stdbool.h>
enum colour { RED = 3, GREEN = 11 };
bool mask[40], copy[40];
enum colour paint[40];
int count[16];
signed char letters[40];
void f(void)
{
#pragma scop
  for (int i = 0; i < 40; i++) {
    copy[i] = !mask[i];
    paint[i] = mask[i] ? RED : paint[i];
    letters[i] = letters[i] + copy[i];
  }
#pragma endscop
}
int main(void)
{
  for (int i = 0; i < 40; i++)
    mask[i] = i % 3 == 0;
  f();
  SHOW(copy);
  SHOW(paint);
  SHOW(letters);
}
