//= cflags -I..
//= linked -p n=40 --schedule "vectorize(S1, i, 8)"
//= printed -p n=40 --schedule "vectorize(S1, i, 8)"
//= beside -p n=40 --schedule "vectorize(S1, i, 8)"
//= run -p n=40 --schedule "vectorize(S1, i, 8)"
/* Arrays that overlap run as the source does. */
void shift(int n, double *to, const double *from, double factor)
{
#pragma scop
  for (int i = 0; i < n; i++)
    to[i] = factor * from[i];
#pragma endscop
}
