//= cflags -I..
//= says 3 explain FILE | widest | !only sums of loop variables
/* A call in a loop's bound is named. */
int widest(int, int);
int A[64];
void k(int m)
{
#pragma scop
  for (int i = 0; i < widest(m, 10); i++)
    A[i] = i;
#pragma endscop
}
