//= cflags -I..
//= run -p n=50 -p m=20
//= linked -p n=50 -p m=20
//= printed -p n=50 -p m=20
//= beside -p n=50 -p m=20
/* Conversions to narrow types wrap for sizes that the loops were not made for. */
void scale(int n, long m, double A[400], double B[400])
{
#pragma scop
  for (int i = 0; i < (unsigned char)n; i++)
    A[i] = A[i] * 2.0 + 1.0;
  for (int i = 0; i < (short)m; i++)
    B[i] = A[i] + (signed char)n;
#pragma endscop
}
