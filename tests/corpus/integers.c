// Integers that are assigned: forward substitution, induction variables, values from the iteration before.
// sizes: n=22 m=7
// sizes: n=10 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1

void substituted(int n, double a[n + 1], double b[n])
{
  int j;
#pragma scop
  for (int i = 0; i < n; i++) {
    j = i + 1;
    a[i] = a[j] + b[i];
  }
#pragma endscop
}

void twice(int n, double a[2 * n + 2])
{
  int j, k;
#pragma scop
  for (int i = 0; i < n; i++) {
    j = 2 * i;
    k = j + 1;
    a[j] = a[k];
    j = k + 1;
    a[k] = a[j];
  }
#pragma endscop
}

void stepping(int n, double a[2 * n], double b[n])
{
  int k;
#pragma scop
  k = 0;
  for (int i = 0; i < n; i++) {
    a[k] = b[i];
    k += 2;
  }
#pragma endscop
}

void stepping_first(int n, double a[n + 1], double b[n])
{
  int k;
#pragma scop
  k = -1;
  for (int i = 0; i < n; i++) {
    k++;
    a[k] = b[i];
  }
  a[k + 1] = 7.0;
#pragma endscop
}

void downwards(int n, double a[n], double b[n])
{
  int k;
#pragma scop
  k = n;
  for (int i = 0; i < n; i++) {
    k--;
    a[k] = b[i] * 2.0;
  }
#pragma endscop
}

void two_levels(int n, double a[8 * n], double b[n])
{
  int k;
#pragma scop
  k = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 8; j++) {
      a[k] = b[i] + j;
      k++;
    }
#pragma endscop
}

void reset(int n, double a[n][n])
{
  int k;
#pragma scop
  for (int i = 0; i < n; i++) {
    k = 0;
    for (int j = 0; j < i; j++) {
      a[i][k] = 1.0;
      k++;
    }
    a[i][k] = 2.0;
  }
#pragma endscop
}

void wrapped_around(int n, double a[n], double b[n])
{
  int before;
#pragma scop
  before = n - 1;
  for (int i = 0; i < n; i++) {
    a[i] = b[i] + b[before];
    before = i;
  }
#pragma endscop
}

void declared(int n, double a[3 * n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    int j = 3 * i;
    a[j] = 0.0;
    j++;
    a[j] = 1.0;
    j++;
    a[j] = 2.0;
  }
#pragma endscop
}

void in_condition(int n, double a[n])
{
  int k;
#pragma scop
  k = 0;
  for (int i = 0; i < n; i++) {
    if (k < 9)
      a[i] = 1.0;
    k += 3;
  }
#pragma endscop
}

void as_bound(int n, double a[n][n])
{
  int k;
#pragma scop
  k = 1;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < k; j++)
      a[i][j] += 1.0;
    k++;
  }
#pragma endscop
}

void as_value(int n, double a[2 * n + 1])
{
  int k;
#pragma scop
  k = 1;
  for (int i = 0; i < n; i++) {
    a[k] = k;
    k += 2;
  }
#pragma endscop
}

void chosen(int n, double a[n], double b[n])
{
  int k;
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i < 5)
      k = 0;
    else
      k = i - 5;
    a[i] = b[k];
  }
#pragma endscop
}

void halved(int n, double a[n], double b[n])
{
  int h;
#pragma scop
  for (int i = 0; i < n; i++) {
    h = i / 2;
    a[i] = b[h];
  }
#pragma endscop
}

void constant(int n, double a[n + 3])
{
  int k;
#pragma scop
  k = 3;
  for (int i = 0; i < n; i++)
    a[i + k] = a[i] + k;
#pragma endscop
}

void rows_of_eight(int n, double a[n][8], double b[8 * n])
{
  int at;
#pragma scop
  for (int i = 0; i < n; i++) {
    at = i * 8;
    for (int j = 0; j < 8; j++)
      a[i][j] = b[at + j];
  }
#pragma endscop
}

// rejected: `k` is assigned in the region, so it cannot be in a subscript, bound or condition
void doubled(int n, double a[1024])
{
  int k;
#pragma scop
  k = 1;
  for (int i = 0; i < n; i++) {
    a[k] = 1.0;
    k = k * 2;
  }
#pragma endscop
}

// rejected: `k` is assigned in the region, so it cannot be in a subscript, bound or condition
void of_data(int n, double a[64], int b[64])
{
  int k;
#pragma scop
  for (int i = 0; i < n; i++) {
    k = b[i];
    a[k] = 1.0;
  }
#pragma endscop
}
