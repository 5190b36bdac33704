//= cflags -I..
//= says 1 compile FILE --run | load
/* A library that never ends its constructor is given up, and nothing is left of it. */
double A[64];
__attribute__((constructor)) static void forever(void)
{
  for (;;)
    __asm__ volatile("");
}
void f(void)
{
#pragma scop
  for (int i = 0; i < 64; i++)
    A[i] += 1;
#pragma endscop
}
