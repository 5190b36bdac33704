//= cflags -I..
//= run -p t=3
//= linked -p t=3 --schedule "vectorize(S1, i, 4)"
//= printed -p t=3 --schedule "vectorize(S1, i, 4)"
/* Names that generated C could use for functions and macros of its own are the program's. */
#include "print.h"

double out[40], in[40];
int loopwright_region(void) {
  return 3;
}
static int floord(int a, int b) {
  return a/b+1;
}
#define ceild(a,b) 17
#define min(a,b) 5
#define max(a,b) 7
void kernel(void) {
  int t = loopwright_region();
#pragma scop
  for (int i = 0; i < 40; i++) out[i] = in[i]+t;
#pragma endscop
  out[0] += floord(9, 2)+ceild(1, 2)+min(1, 2)+max(3, 4);
}
int main(void) {
  for (int i = 0; i < 40; i++)in[i] = i;
  kernel();
  SHOW(out);
}
