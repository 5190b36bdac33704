//= cflags -I..
//= run -p n=50
//= linked -p n=50
//= printed -p n=50
//= beside -p n=50
/* Quotients of negative numbers are rounded towards zero for every size. */
void halves(int n, int A[64], int B[64])
{
#pragma scop
  for (int i = 0; i < (n - 5) / 2 + 3; i++)
    A[i] += 1;
  for (int i = 0; i < (n - 9) / 4 + 5; i++)
    B[i] += n / 3;
#pragma endscop
}
