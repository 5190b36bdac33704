//= cflags -I..
//= linked -p n=40 -p s=1
//= linked -p n=33 -p s=-1
//= run -p n=40 -p s=1
/* Sizes of many shapes: shifts, masks, the least of two, the type's ends. */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
void shapes(int n, int s, int A[100])
{
#pragma scop
  for (int i = 0; i < MIN(n, 90); i++)
    if (i >= s + 2)
      A[i] += s;
  for (int i = n; i > 0; i -= 3)
    if (i < 100)
      A[i] += 1;
  for (int i = 0; i < 2 * n - 7 && i < 100; i++)
    A[i] -= n;
#pragma endscop
}
