//= cflags -I..
//= run --function twice_float
//= linked --function twice_float
//= printed --function twice_float
//= linked --function begun
/* Functions whose heads macros make, and attributes in front of them. */
#include "print.h"
#define FUNCTION(type) void twice_##type(type *data)
#define OPEN(name) __attribute__((noinline)) static void name(void) {
#define CLOSE }
float f[30];
int g[30];
FUNCTION(float)
{
#pragma scop
  for (int i = 0; i < 30; i++)
    data[i] = 2 * data[i] + i;
#pragma endscop
}
OPEN(begun)
#pragma scop
  for (int i = 0; i < 30; i++)
    g[i] = 3 * i;
#pragma endscop
CLOSE
int main(void)
{
  twice_float(f);
  twice_float(f);
  begun();
  SHOW(f);
  SHOW(g);
}
