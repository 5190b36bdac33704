//= cflags -I..
//= run
//= linked
//= printed
//= linked --schedule "split(S1, i, 8)"
/* Constants and types that the function declares before the region, in its blocks. */
#include "print.h"
double to[48], from[48];
struct pair { char unused; };

void local(void)
{
  enum { FIRST = 2, COUNT = 40 };
  typedef float real;
  struct pair { real a, b; };
  if (COUNT > 3) {
    enum kind { LOW = -1, HIGH = sizeof(struct pair) } kind = HIGH;
    typedef real narrow;
    (void)kind;
#pragma scop
    for (int i = FIRST; i < COUNT; i++)
      to[i] = (narrow)from[i] + HIGH + LOW;
#pragma endscop
  }
}

int main(void)
{
  for (int i = 0; i < 48; i++)
    from[i] = 0.1 * i;
  local();
  SHOW(to);
}
