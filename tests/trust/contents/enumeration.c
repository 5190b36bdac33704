//= cflags -I..
//= run
/* Only the values of the enumeration: 5 is none, so that the last branch is never taken. */
enum state { EMPTY = 1, HALF = 4, FULL = 9 };
enum state cells[70];
double level[70];
void f(void)
{
#pragma scop
  for (int i = 0; i < 70; i++)
    level[i] += cells[i] == FULL ? 1.0 : cells[i] == HALF ? 0.5 : 0.0;
#pragma endscop
}
