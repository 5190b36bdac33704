// Integers that have a value before the region, which its loops go on from.
// sizes: n=21 m=7 whole=20 first=3 last=17
// sizes: n=10 m=4 whole=8 first=0 last=10
// sizes: n=2 m=3 whole=0 first=2 last=1
// sizes: n=1 m=1 whole=0 first=0 last=1
#define N 24

void counter_of_do(int n, double a[n])
{
  int i = 0;
#pragma scop
  do {
    a[i] += 1;
    i++;
  } while (i < n);
#pragma endscop
}

void rest_of_unrolled(int n, float *restrict y, const float *restrict x, float a)
{
  int i;
#pragma scop
  for (i = 0; i + 3 < n; i += 4) {
    y[i] += a * x[i];
    y[i + 1] += a * x[i + 1];
    y[i + 2] += a * x[i + 2];
    y[i + 3] += a * x[i + 3];
  }
  for (; i < n; i++)
    y[i] += a * x[i];
#pragma endscop
}

void rest_by_mask(int n, int whole, float *restrict y, const float *restrict x)
{
  int i = 0;
#pragma scop
  for (; i < whole; i += 4)
    for (int k = 0; k < 4; k++)
      y[i + k] = x[i + k] * 2;
  for (; i < n; i++)
    y[i] = x[i] * 2;
#pragma endscop
}

void packed(int n, int m, double *restrict out, double a[n][m])
{
  int at = 0;
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      out[at++] = a[i][j];
#pragma endscop
}

void packed_from(int n, int m, double *restrict out, double a[n][4])
{
  int at = 2 * m + 1;
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 4; j++)
      out[at++] = a[i][j];
#pragma endscop
}

void every_third(int n, double l, double *restrict a, const double *restrict b)
{
  int k = 1;
#pragma scop
  for (int i = 0; i < n; i++) {
    k += 3;
    a[i] = b[k] + l;
  }
#pragma endscop
}

void stepped_down(int n, double *restrict to, const double *restrict from)
{
#pragma scop
  while (n-- > 0)
    *to++ = *from++ * 3.0;
#pragma endscop
}

void from_an_argument(int n, int first, double a[n])
{
#pragma scop
  for (; first < n; first++)
    a[first] += first;
#pragma endscop
}

void between_arguments(int first, int last, int n, double a[n])
{
#pragma scop
  while (first < last) {
    a[first] = a[first] * 2 + last;
    first++;
  }
#pragma endscop
}

// rejected: `at` is assigned in the region, so it cannot be in a subscript, bound or condition
void triangle(int n, double *restrict out, double a[n][n])
{
  int at = 0;
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++)
      out[at++] = a[i][j];
#pragma endscop
}
