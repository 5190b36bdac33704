//= cflags -I..
//= says 3 explain FILE | changes a variable
/* A function that changes the file's variables is no value that may be computed anywhere. */
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
