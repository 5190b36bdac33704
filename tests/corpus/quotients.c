// Quotients, remainders, shifts and masks in subscripts, bounds and conditions.
// sizes: n=24 m=7
// sizes: n=9 m=4
// sizes: n=2 m=3
// sizes: n=1 m=1
#define floord(n, d) (((n) < 0) ? -((-(n) + (d)-1) / (d)) : (n) / (d))
#define ceild(n, d) (((n) < 0) ? -((-(n)) / (d)) : ((n) + (d)-1) / (d))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define N 24

void double_buffer(int n, double A[2][N])
{
#pragma scop
  for (int t = 0; t < n; t++)
    for (int i = 1; i < N - 1; i++)
      A[(t + 1) % 2][i] = 0.5 * (A[t % 2][i - 1] + A[t % 2][i + 1]);
#pragma endscop
}

void three_buffers(int n, float A[3][N][N])
{
#pragma scop
  for (int t = 1; t < n; t++)
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        A[(t + 1) % 3][i][j] = 2.0f * A[t % 3][i][j] - A[(t + 2) % 3][i][j] + 0.1f * (A[t % 3][i - 1][j] + A[t % 3][i][j + 1]);
#pragma endscop
}

void halves(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    b[i / 2] = b[i / 2] + a[i];
#pragma endscop
}

void even_and_odd(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i % 2 == 0)
      a[i] = b[i] + 1.0;
    else
      a[i] = a[i] - b[i];
  }
#pragma endscop
}

void red_black(int n, double a[n][n])
{
#pragma scop
  for (int i = 1; i < n - 1; i++)
    for (int j = 1; j < n - 1; j++)
      if ((i + j) % 2 == 0)
        a[i][j] = 0.25 * (a[i - 1][j] + a[i + 1][j] + a[i][j - 1] + a[i][j + 1]);
  for (int i = 1; i < n - 1; i++)
    for (int j = 1; j < n - 1; j++)
      if ((i + j) % 2 == 1)
        a[i][j] = 0.25 * (a[i - 1][j] + a[i + 1][j] + a[i][j - 1] + a[i][j + 1]);
#pragma endscop
}

void negative_remainder(int n, double a[n][n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if ((i - j) % 3 == 0)
        a[i][j] = 0.0;
#pragma endscop
}

void not_divisible(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (i % 4 != 0)
      a[i] = a[i] * 2.0;
#pragma endscop
}

void plain_truth(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i % 3)
      a[i] += 1.0;
    if (!(i % 5))
      a[i] -= 1.0;
  }
#pragma endscop
}

void floord_bound(int n, double A[64])
{
#pragma scop
  for (int t1 = 0; t1 <= floord(n - 1, 8); t1++)
    A[t1] += 1.0;
#pragma endscop
}

void tiled(int n, double A[n][n], double B[n][n])
{
#pragma scop
  for (int t1 = 0; t1 <= floord(n - 1, 4); t1++)
    for (int t2 = 0; t2 <= floord(n - 1, 4); t2++)
      for (int i = max(0, 4 * t1); i <= min(n - 1, 4 * t1 + 3); i++)
        for (int j = max(0, 4 * t2); j <= min(n - 1, 4 * t2 + 3); j++)
          A[i][j] += B[j][i];
#pragma endscop
}

void wavefront(int n, int m, double A[n][m])
{
#pragma scop
  for (int t1 = 0; t1 <= floord(n + m - 3, 4); t1++)
    for (int t2 = max(ceild(4 * t1 - m + 1, 4), 0); t2 <= min(floord(n - 1, 4), t1); t2++)
      for (int i = 4 * t2; i <= min(n - 1, 4 * t2 + 3); i++)
        for (int j = max(0, 4 * t1 - 4 * t2); j <= min(m - 1, 4 * t1 - 4 * t2 + 3); j++)
          A[i][j] = A[i][j] + 1.0;
#pragma endscop
}

void shifted(int n, double a[n], double b[2 * n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i >> 1] = a[i >> 1] + b[i << 1];
#pragma endscop
}

void masked(int n, int a[n], int ring[8])
{
#pragma scop
  for (int i = 0; i < n; i++)
    ring[i & 7] = ring[(i + 3) & 7] + a[i & ~3];
#pragma endscop
}

void flipped(int n, double a[2 * n])
{
#pragma scop
  for (int i = 0; i < 2 * n; i++)
    a[i ^ 1] = a[i | 1] + a[i];
#pragma endscop
}

void pairs(int n, double a[n / 2 + 1], double b[n])
{
#pragma scop
  for (int i = 0; i < n / 2; i++)
    a[i] = b[2 * i] + b[2 * i + 1];
#pragma endscop
}

void middle(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n / 2; i++)
    a[i] = a[i + n / 2];
#pragma endscop
}

void rows_of_blocks(int n, double a[6][4], double b[24])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i / 4][i % 4] = b[i] * 2.0;
#pragma endscop
}

void periodic(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    b[i] = a[(i + n - 1) % n] + a[(i + 1) % n];
#pragma endscop
}

void periodic_grid(int n, int m, double a[n][m], double b[n][m])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      b[i][j] = a[(i + 1) % n][j] + a[i][(j + m - 1) % m];
#pragma endscop
}

void counted_by_quotient(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = i / 3; j <= i / 2; j++)
      a[j] += 1.0;
#pragma endscop
}

void unsigned_quotient(unsigned n, double a[n])
{
#pragma scop
  for (unsigned i = 0; i < n; i++)
    a[i / 3] += a[i % 3];
#pragma endscop
}

void two_quotients(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (i / 2 < (i + 5) / 3)
      a[i] = 1.0;
#pragma endscop
}

// rejected: this division may be of a negative number, which C rounds towards zero
void of_negative(int n, double a[64])
{
#pragma scop
  for (int i = -8; i < n; i++)
    a[8 + i / 2] = 1.0;
#pragma endscop
}

// rejected: the subscript is not affine in the loop variables and parameters: it has a division by a variable
void by_variable(int n, double a[64])
{
#pragma scop
  for (int i = 1; i < n; i++)
    a[8 / i] = 1.0;
#pragma endscop
}
