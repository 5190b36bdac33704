//= cflags -I..
//= says 0 explain FILE | S2[i]
//= says 0 compile FILE --run | same bits
/* A function that changes the file's variables is statements of its own, in their order. */
int count;
int A[9];
static int next(void) { return count++; }
void f(void)
{
#pragma scop
  for (int i = 0; i < 9; i++)
    A[i] = next();
#pragma endscop
}
