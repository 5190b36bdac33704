// Elements at subscripts that are data.
// sizes: n=21 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1
#define N 24

double x[N], y[N];
int column[N][4];
double value[N][4];

void gathered(int n, double a[n], const double b[N], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[index[i]];
#pragma endscop
}

void added(int n, double a[n], const double b[N], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] += 2.0 * b[index[i]] - a[i] * b[i];
#pragma endscop
}

void ellpack(int n)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double sum = 0.0;
    for (int k = 0; k < 4; k++)
      sum += value[i][k] * x[column[i][k]];
    y[i] = sum;
  }
#pragma endscop
}

void transposed_ellpack(int n, double out[n], double v[4][n], int c[4][n], double in[N])
{
#pragma scop
  for (int i = 0; i < n; i++)
    out[i] = 0.0;
  for (int k = 0; k < 4; k++)
    for (int i = 0; i < n; i++)
      out[i] += v[k][i] * in[c[k][i]];
#pragma endscop
}

void permuted_rows(int n, int m, double out[n][m], const double in[N][m], const int order[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      out[i][j] = in[order[i]][j];
#pragma endscop
}

void permuted_columns(int n, int m, double out[n][m], const double in[n][16], const int order[m])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      out[i][j] = in[i][order[j]];
#pragma endscop
}

void both(int n, int m, float out[n][m], const float in[N][N], const int r[n], const int c[m])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      out[i][j] = in[r[i]][c[j]];
#pragma endscop
}

void table_of_bytes(int n, unsigned char *p, const unsigned char table[256])
{
#pragma scop
  for (int i = 0; i < n; i++)
    p[i] = table[p[i]];
#pragma endscop
}

void masked_subscripts(int n, double a[n], const double weights[8], const unsigned key[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = weights[key[i] & 7] + weights[(key[i] >> 3) & 7];
#pragma endscop
}

void by_variable(int n, double a[n], const double b[N], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    int k = index[i];
    a[i] = b[k] * b[k];
  }
#pragma endscop
}

void by_assigned_variable(int n, double a[n], const double b[N], const int index[n])
{
  int k;
#pragma scop
  for (int i = 0; i < n; i++) {
    k = index[i];
    a[i] = b[k];
  }
#pragma endscop
}

void twice(int n, double a[n], const double b[N], const int f[N], const int g[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[f[g[i]]];
#pragma endscop
}

void neighbours_of_gathered(int n, double a[n], const double b[N + 1], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[index[i] + 1] - b[index[i]];
#pragma endscop
}

void under_condition(int n, double a[n], const double b[N], const int index[n], const int flag[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (flag[i] > 0)
      a[i] = b[index[i]];
#pragma endscop
}

void chosen(int n, double a[n], const double b[N], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = index[i] > 3 ? b[index[i]] : -1.0;
#pragma endscop
}

void condition_gathered(int n, double a[n], const double b[N], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (b[index[i]] > 0.0)
      a[i] += 1.0;
#pragma endscop
}

void squares(int n, double a[n], const double b[N * N])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[i * i];
#pragma endscop
}

void long_subscripts(int n, float a[n], const float b[N], const long index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[index[i]];
#pragma endscop
}

void short_subscripts(int n, float a[n], const float b[70000], const unsigned short index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[index[i]];
#pragma endscop
}

void members(int n, double a[n], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 3; j++)
      a[i] += x[index[i]] * y[j];
#pragma endscop
}

void interpolated(int n, double out[n], const double t[n], const double samples[N])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double position = t[i] < 0.0 ? 0.0 : t[i] > 10.0 ? 10.0 : t[i];
    int k = (int)position;
    double f = position - k;
    out[i] = (1.0 - f) * samples[k] + f * samples[k + 1];
  }
#pragma endscop
}

void embedding(int n, int m, float out[n][m], const float rows[N][m], const int token[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++)
      out[i][j] = rows[token[i]][j] * 0.5f;
#pragma endscop
}

void affine_and_gathered(int n, double a[n], const double b[N], const int index[n])
{
#pragma scop
  for (int i = 1; i < n - 1; i++)
    a[i] = b[i - 1] + b[i + 1] + b[index[i]];
#pragma endscop
}

void dot_of_gathered(int n, double s[1], const double b[N], const int index[n])
{
#pragma scop
  s[0] = 0.0;
  for (int i = 0; i < n; i++)
    s[0] += b[i] * b[index[i]];
#pragma endscop
}

void index_made_before(int n, double a[n], const double b[N], int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    index[i] = n - 1 - i;
  for (int i = 0; i < n; i++)
    a[i] = b[index[i]];
#pragma endscop
}

// rejected: the subscript depends on the data in `index`
void scattered(int n, double a[N], const double b[n], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[index[i]] = b[i];
#pragma endscop
}

// rejected: the subscript depends on the data in `index`
void written_too(int n, double a[N], const int index[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = a[index[i]] + 1.0;
#pragma endscop
}

// rejected: the size of `b` cannot be found from the accesses to it
void of_unknown_size(int n, double *a, const double *b, const int *index)
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[index[i]];
#pragma endscop
}

// rejected: the loop's bound depends on the data in `start`
void sparse_rows(int n, double out[n], const int start[n + 1], const int c[N], const double v[N], const double in[N])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double sum = 0.0;
    for (int k = start[i]; k < start[i + 1]; k++)
      sum += v[k] * in[c[k]];
    out[i] = sum;
  }
#pragma endscop
}
