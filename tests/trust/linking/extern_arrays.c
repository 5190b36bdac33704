//= cflags -I..
//= run -p limit=7
//= linked -p limit=7
//= printed -p limit=7
//= linked -p limit=7 --schedule "vectorize(S1, i, 4)"
/* Arrays and scalars that another file defines. */
#include "print.h"
extern double data[128];
extern int limit;
extern const double scale;
void k(void)
{
#pragma scop
  for (int i = 0; i < 128; i++)
    data[i] = data[i] * scale + limit;
#pragma endscop
}
