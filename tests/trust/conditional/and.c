//= cflags -I..
//= linked -p n=40 --schedule "unroll(S1, i, 4)"
//= linked -p n=40 --schedule "vectorize(S1, i, 4)"
//= linked -p n=40 --schedule "split(S1, i, 8); unroll(S1, i, 4)"
//= run -p n=40
/* The second of two conditions is not asked where the first one fails. */
void both(int n, const int more[n], const int flag[n], int B[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    B[i] = flag[i] > 0 && more[i] > 1 ? B[i] + 3 : B[i];
#pragma endscop
}
