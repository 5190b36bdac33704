//= cflags -I..
//= says 0 compile FILE --run | A all zero | pseudorandom
/* The program fills its arrays with zeros only: equal results say nothing. */
double A[200], B[200];
void init_array(void)
{
  for (int i = 0; i < 200; i++)
    A[i] = 0.0;
}
void f(void)
{
#pragma scop
  for (int i = 0; i < 200; i++)
    B[i] = A[i] * 3.0;
#pragma endscop
}
