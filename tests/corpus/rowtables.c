// Matrices as pointers to the pointers to their rows, which lie evenly apart or the source runs.
// sizes: n=13 m=7 f_n=9 f_m=5
// sizes: n=9 m=9 f_n=5 f_m=8
// sizes: n=2 m=3 f_n=2 f_m=2
// sizes: n=1 m=1 f_n=1 f_m=1
struct matrix { int n, m; double **at; };

void scaled(int n, int m, float **a, float **b)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      a[i][j] = 2.0f * b[i][j];
#pragma endscop
}

void rows_kept(int n, int m, float **a, float *const *b)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    float *ai = a[i];
    const float *bi = b[i];
    for (int j = 0; j < m; j++)
      ai[j] += bi[j];
  }
#pragma endscop
}

void product(int n, int m, double **c, double **a, double **b)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) {
      double sum = 0;
      for (int k = 0; k < n; k++)
        sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
#pragma endscop
}

void from_one(int n, int m, double **a, double *x)
{
#pragma scop
  for (int i = 1; i <= n; i++)
    for (int j = 1; j <= m; j++)
      a[i][j] += x[j] * *a[i];
#pragma endscop
}

void five_points(double **u, double **v, int n)
{
#pragma scop
  for (int i = 1; i < n - 1; i++)
    for (int j = 1; j < n - 1; j++)
      v[i][j] = 0.25 * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1]);
#pragma endscop
}

void in_a_structure(struct matrix *f)
{
#pragma scop
  for (int i = 0; i < f->n; i++)
    for (int j = 0; j < f->m; j++)
      f->at[i][j] = f->at[i][j] * 0.5 + j;
#pragma endscop
}

void of_bytes(int n, int m, unsigned char **image, const int *x)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) {
      int v = image[i][j] + x[j];
      image[i][j] = v > 255 ? 255 : v < 0 ? 0 : v;
    }
#pragma endscop
}

// rejected: only part of `a`'s dimensions are subscripted
void exchanged(int n, double **a)
{
#pragma scop
  for (int i = 0; i < n / 2; i++) {
    double *row = a[i];
    a[i] = a[n - 1 - i];
    a[n - 1 - i] = row;
  }
#pragma endscop
}

// rejected: `double **` is a pointer to pointers
void from_anywhere(int first, int n, double **a)
{
#pragma scop
  for (int i = first; i < n; i++)
    a[i][0] = 1.0;
#pragma endscop
}

double **everywhere;

// rejected: `double **` is a pointer to pointers
void at_file_scope(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    everywhere[i][0] = 1.0;
#pragma endscop
}
