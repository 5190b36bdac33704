// Calls of functions that the file defines.
// sizes: n=21 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1

static void store(double x[100], int i) { x[i] = 0; }
static double square(double x) { return x * x; }
static double scaled(double x)
{
  double t = x * x;
  t += 1.0;
  return t / 2.0;
}
static double positive(double x)
{
  if (x < 0)
    return 0.0;
  return x;
}
static float limited(float x, float low, float high)
{
  float y = x;
  if (y < low)
    y = low;
  if (y > high)
    y = high;
  return y;
}
static int clamp(int i, int n) { return i < 0 ? 0 : i >= n ? n - 1 : i; }
static void saxpy(int n, double alpha, const double *x, double *y)
{
  for (int i = 0; i < n; i++)
    y[i] += alpha * x[i];
}
static double dot(int n, const double *x, const double *y)
{
  double s = 0.0;
  for (int i = 0; i < n; i++)
    s += x[i] * y[i];
  return s;
}
static void swap(double *x, double *y)
{
  double t = *x;
  *x = *y;
  *y = t;
}
static inline int index_of(int i, int j, int m) { return i * 8 + j; }
static void guarded(double *x, int i, int n)
{
  if (i >= n - 1)
    return;
  x[i] = x[i + 1];
}
static double power(double x, int k)
{
  double r = 1.0;
  for (int i = 0; i < k; i++)
    r *= x;
  return r;
}
static double endless(double x) { return x > 0 ? endless(x - 1) : x; }

void stores(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    store(a, i);
#pragma endscop
}

void returns(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = square(b[i]) + b[i];
#pragma endscop
}

void with_local(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = scaled(b[i] + 1.0) * scaled(a[i]);
#pragma endscop
}

void early(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] += positive(b[i]) * 2.0;
#pragma endscop
}

void assigned_in_ifs(int n, float a[n], float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = limited(b[i], -1.0f, 2.0f);
#pragma endscop
}

void in_subscripts(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[clamp(i - 1, n)] + b[clamp(i + 1, n)];
#pragma endscop
}

void rows(int n, int m, double a[n][m], double b[n][m])
{
#pragma scop
  for (int i = 0; i < n; i++)
    saxpy(m, 2.0, a[i], b[i]);
#pragma endscop
}

void products(int n, int m, double a[n][m], double x[m], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    y[i] = dot(m, a[i], x);
#pragma endscop
}

void in_expression(int n, int m, double a[n][m], double x[m], double y[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    y[i] = 1.0 + 2.0 * dot(m, a[i], x);
#pragma endscop
}

void swaps(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    swap(&a[i], &b[i]);
#pragma endscop
}

void index_function(int n, double a[8 * n + 8])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 8; j++)
      a[index_of(i, j, 8)] = i + j;
#pragma endscop
}

void returning_early(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    guarded(a, i, n);
#pragma endscop
}

void with_loop(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = power(b[i], 3);
#pragma endscop
}

// rejected: `endless` calls functions that call functions, deeper than can be put in its place
void recursive(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = endless(a[i]);
#pragma endscop
}

double elsewhere(double);

// rejected: the call of `elsewhere` is not understood
void unknown(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = elsewhere(a[i]);
#pragma endscop
}
