// Pointers into arrays: rows, walks, addresses of elements.
// sizes: n=21 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1
#define N 24

double table[N][N];

void row_pointer(int n, int m, float out[n], const float x[m], const float w[n][m])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    const float *row = w[i];
    float s = 0.0f;
    for (int j = 0; j < m; j++)
      s += row[j] * x[j];
    out[i] = s;
  }
#pragma endscop
}

void walked(int n, double a[n], const double b[n])
{
#pragma scop
  double *p = a;
  const double *q = b;
  for (int i = 0; i < n; i++)
    *p++ = 2.0 * *q++;
#pragma endscop
}

void walked_to_the_end(int n, double a[n])
{
#pragma scop
  double *end = a + n;
  for (double *p = a; p < end; p++)
    *p += 1.0;
#pragma endscop
}

void walked_while(int n, double a[n])
{
#pragma scop
  double *p = a;
  while (p < a + n) {
    *p = 3.0;
    p++;
  }
#pragma endscop
}

void of_elements(int n, double a[n + 1])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double *p = &a[i];
    p[1] = *p + 1.0;
  }
#pragma endscop
}

void three_rows(int n, double a[n][n], double b[n][n])
{
#pragma scop
  for (int i = 1; i < n - 1; i++) {
    const double *above = a[i - 1], *here = a[i], *below = a[i + 1];
    for (int j = 0; j < n; j++)
      b[i][j] = above[j] + here[j] + below[j];
  }
#pragma endscop
}

void arithmetic(int n, double a[2 * n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    *(a + 2 * i) = *(b + i) + (&a[i])[i];
#pragma endscop
}

void row_of_table(int n, double a[N])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double *row = table[i] + 1;
    for (int j = 0; j < N - 1; j++)
      row[j] += a[j];
  }
#pragma endscop
}

void dereferenced_scalar(double *sum, int n, double a[n])
{
#pragma scop
  *sum = 0.0;
  for (int i = 0; i < n; i++)
    *sum += a[i];
#pragma endscop
}

void position_in_subscript(int n, double a[n], double b[n])
{
  int k;
#pragma scop
  k = 0;
  for (int i = 0; i < n; i++)
    a[k++] = b[i];
#pragma endscop
}

// rejected: a pointer may only be subscripted in a region
void walked_on(int n, double *p)
{
  for (int t = 0; t < 2; t++) {
#pragma scop
    for (int i = 0; i < n; i++)
      *p++ = t;
#pragma endscop
  }
}

void argument_walked(int n, double *p)
{
#pragma scop
  for (int i = 0; i < n; i++)
    *p++ = i;
#pragma endscop
}

// rejected: a pointer may only be subscripted in a region
void one_of_two(int n, double a[n], double b[n], int f)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double *p = f ? a : b;
    p[i] = 1.0;
  }
#pragma endscop
}

void rows_of_rows(double **u, int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      u[i][j] = 0.0;
#pragma endscop
}
