//= cflags -I..
//= linked -p n=40 --schedule "unroll(S1, i, 4)"
//= linked -p n=40 --schedule "vectorize(S1, i, 4)"
//= linked -p n=40
//= printed -p n=40 --schedule "unroll(S1, i, 4)"
//= run -p n=40
/* Where no flag is set, the array is not read, and a caller may have none. */
void pick(int n, const double A[n], const int flag[n], double B[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    B[i] = flag[i] ? A[i] : 0.5;
#pragma endscop
}
