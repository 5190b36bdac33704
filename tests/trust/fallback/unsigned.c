//= cflags -I..
//= linked --function bound -p n=50
//= linked --function window -p n=64 -p k=0
//= printed --function bound -p n=50
//= beside --function bound -p n=50
//= run --function bound -p n=50
//= run --function window -p n=64 -p k=0
/* Unsigned differences below zero are large numbers. */
void bound(unsigned n, double A[200])
{
#pragma scop
  for (unsigned i = 0; i <= n - 1 && i < 50; i++)
    A[i] = A[i] * 0.5 + 1.0;
#pragma endscop
}

void window(int n, unsigned k, int A[n])
{
#pragma scop
  for (unsigned i = 0; i < 50u; i++)
    if (i - k < 10u)
      A[i] += 1;
#pragma endscop
}
