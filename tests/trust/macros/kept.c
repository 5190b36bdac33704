//= cflags -I..
//= run
//= linked
//= printed
/* A macro that is put aside and fetched again, one that is defined to its own name, and one in a header that is
   read twice. */
#include "print.h"
#define SIZE 33
#pragma push_macro("SIZE")
#undef SIZE
#define SIZE 21
#define data data
int data[SIZE];
int more[64];

void run(void)
{
#pragma scop
  for (int i = 0; i < SIZE; i++)
    data[i] = SIZE - i;
#pragma endscop
}
#pragma pop_macro("SIZE")
#include "print.h"

int main(void)
{
  run();
  SHOW(data);
  printf("%d\n", SIZE);
}
