// Statements under conditions on data.
// sizes: n=33 m=7
// sizes: n=16 m=5
// sizes: n=3 m=3
// sizes: n=1 m=1
#define N 40

float a[N], b[N], c[N], d[N];
double grid[N][N], weight[N][N];
int flag[N];

void masked_store(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (b[i] > 0)
      a[i] += c[i];
#pragma endscop
}

void masked_argument(int n, float x[n], float y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (y[i] < 1.0f)
      x[i] = y[i] * y[i];
#pragma endscop
}

void both_ways(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (a[i] > b[i])
      a[i] = a[i] + b[i] * d[i];
    else
      b[i] = a[i] + c[i] * c[i];
#pragma endscop
}

void same_element(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (x[i] < 0)
      x[i] = -x[i];
    else
      x[i] *= y[i];
#pragma endscop
}

void chained(int n, double x[n])
{
#pragma scop
  for (int i = n / 2 + 1; i < n; i++)
    if (x[i] > 0.5)
      x[n - 1 - i] = x[i] = 0.25;
#pragma endscop
}

void several(int n, double x[n], double y[n], double z[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (z[i] > 0.5) {
      double t = z[i] * 2.0;
      x[i] = t + y[i];
      y[i] = t;
    }
  }
#pragma endscop
}

void changes_its_condition(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (x[i] > y[i]) {
      x[i] = y[i];
      y[i] = x[i] + 1.0;
    }
#pragma endscop
}

void nested_conditions(int n, double x[n], double y[n], int f[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (f[i]) {
      if (y[i] > 0)
        x[i] = 1.0;
      else
        x[i] = 2.0;
    } else if (y[i] < -1) {
      x[i] = 3.0;
    }
#pragma endscop
}

void guarded_loop(int n, int m, double x[n][m], int f[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (f[i] > 0)
      for (int j = 0; j < m; j++)
        x[i][j] = x[i][j] * 2.0 + 1.0;
#pragma endscop
}

void skipped_by_data(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (y[i] < 0)
      continue;
    x[i] = y[i];
    if (x[i] > 3)
      continue;
    x[i] += 1.0;
  }
#pragma endscop
}

void nearest(int n, int m, float x[n], float y[m], int label[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    float best = 1e30f;
    int at = 0;
    for (int q = 0; q < m; q++) {
      float s = (x[i] - y[q]) * (x[i] - y[q]);
      if (s < best) {
        best = s;
        at = q;
      }
    }
    label[i] = at;
  }
#pragma endscop
}

void greatest(int n, double x[n], double out[2])
{
#pragma scop
  out[0] = x[0];
  for (int i = 0; i < n; i++)
    if (x[i] > out[0])
      out[0] = x[i];
#pragma endscop
}

void greatest_change(int n, double x[n][n], double y[n][n], double out[1])
{
#pragma scop
  out[0] = 0.0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double e = y[i][j] - x[i][j];
      if (e < 0)
        e = -e;
      if (e > out[0])
        out[0] = e;
      x[i][j] = y[i][j];
    }
#pragma endscop
}

void counted(int n, double x[n], int out[1])
{
#pragma scop
  out[0] = 0;
  for (int i = 0; i < n; i++)
    if (x[i] > 0.0)
      out[0]++;
#pragma endscop
}

void clamped(int n, double x[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (x[i] > 1.0)
      x[i] = 1.0;
    if (x[i] < -1.0)
      x[i] = -1.0;
  }
#pragma endscop
}

void guarded_division(int n, int x[n], int y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (y[i] != 0)
      x[i] = 100 / y[i];
#pragma endscop
}

void choice_divides(int n, int x[n], int y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    x[i] = y[i] ? n % y[i] : -1;
#pragma endscop
}

void guarded_read(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    x[i] = i > 0 && y[i - 1] > 0 ? y[i - 1] : 0.0;
#pragma endscop
}

void affine_and_data(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (i > 2 && y[i] > 0)
      x[i] = x[i - 1] + 1.0;
#pragma endscop
}

void disjunction(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if (i + j == 30 || i == j)
        grid[i][j] = 0;
      else
        grid[i][j] += weight[i][j];
#pragma endscop
}

void diagonal(int n, double x[n][n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if (i == j)
        x[i][j] = 1.0;
      else
        x[i][j] = 0.0;
#pragma endscop
}

void checkered(int n, double x[n][n], double y[n][n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if ((i + j) % 2)
        x[i][j] = y[i][j];
      else
        x[i][j] = -y[i][j];
#pragma endscop
}

void strided_store(int n, double x[3 * n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (y[i] > 0)
      x[3 * i] = y[i];
#pragma endscop
}

void backwards(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = n - 1; i >= 0; i--)
    if (y[i] > 0)
      x[i] = y[n - 1 - i];
#pragma endscop
}

void bytes(int n, unsigned char x[n], unsigned char y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (y[i] > 100)
      x[i] = 255 - y[i];
#pragma endscop
}

void sum_of_some(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    x[i] = 0;
    for (int j = 0; j < n; j++)
      if (y[j] > 0)
        x[i] += y[j] * i;
  }
#pragma endscop
}

// rejected: `j` is assigned in the region, so it cannot be in a subscript, bound or condition
void packed(int n, double x[n], double y[n])
{
  int j;
#pragma scop
  j = 0;
  for (int i = 0; i < n; i++)
    if (y[i] > 0) {
      x[j] = y[i];
      j++;
    }
#pragma endscop
}

// rejected: `break` cannot be used in a region
void searched(int n, double x[n], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (y[i] > 0) {
      if (i > 3)
        break;
    }
    x[i] = y[i];
  }
#pragma endscop
}
