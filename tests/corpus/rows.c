// memset and memcpy of arrays and rows.
// sizes: n=21 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1
#include <string.h>

double whole[6][5];

void cleared_rows(int n, double a[n][n], double b[n][n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    memset(a[i], 0, n * sizeof(double));
    for (int j = 0; j < n; j++)
      a[i][j] += b[j][i];
  }
#pragma endscop
}

void copied_rows(int n, int m, float a[n][m], float b[n][m])
{
#pragma scop
  for (int i = 0; i < n; i++)
    memcpy(a[i], b[n - 1 - i], sizeof(float) * m);
#pragma endscop
}

void whole_array(int n, double a[6][5])
{
#pragma scop
  memset(whole, 0, sizeof whole);
  memcpy(a, whole, sizeof whole);
  for (int i = 0; i < 6; i++)
    a[i][0] += n;
#pragma endscop
}

void part_of_a_row(int n, int a[2 * n], int b[2 * n])
{
#pragma scop
  memcpy(&a[n], &b[0], n * sizeof(int));
  memset(a, -1, n * sizeof(int));
#pragma endscop
}

void bytes(int n, unsigned char a[n])
{
#pragma scop
  memset(a, 17, n);
#pragma endscop
}

// rejected: the call of `memset` is not understood
void pattern(int n, double a[n])
{
#pragma scop
  memset(a, 1, n * sizeof(double));
#pragma endscop
}
