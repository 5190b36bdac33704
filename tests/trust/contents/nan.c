//= cflags -I..
//= says 0 compile FILE --run | pseudorandom
/* Everything becomes NaN. */
double A[200];
void init_array(double A[200])
{
  for (int i = 0; i < 200; i++)
    A[i] = __builtin_nan("");
}
void f(void)
{
#pragma scop
  for (int i = 1; i < 200; i++)
    A[i] = A[i - 1] * 0.5 + A[i];
#pragma endscop
}
