//= cflags -I..
//= run
//= linked
//= printed
//= run -D WIDE
/* Directives in the region itself, and in the function before it. */
#include "print.h"
float in[50], out[50];

void inside(void)
{
  {
#define UNUSED 1
  }
#ifdef WIDE
#define LAST 50
#else
#define LAST 20
#endif
#pragma scop
#define TAP(i) in[i]
  for (int i = 0; i < LAST; i++) {
#if LAST > 30
    out[i] = TAP(i) * 2.0f;
#else
    out[i] = TAP(i) + UNUSED;
#endif
#undef TAP
  }
#pragma endscop
#undef LAST
#undef UNUSED
}

int main(void)
{
  for (int i = 0; i < 50; i++)
    in[i] = i;
  inside();
  SHOW(out);
}
