//= cflags -I..
//= run
//= linked
//= printed
/* Scalars of the function that are read behind the region. */
#include "print.h"
int counts[64];

int main(void)
{
  int found = 3;
  float last = -1.0f;
  double largest = 0.0;
#pragma scop
  for (int i = 0; i < 64; i++) {
    counts[i] = i % 5;
    found += counts[i];
    last = 0.5f * counts[i];
    largest = largest > last ? largest : last;
  }
#pragma endscop
  printf("%d %a %a\n", found, last, largest);
  SHOW(counts);
}
