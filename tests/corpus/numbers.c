// Infinities, classification, and constants that only unsigned numbers hold.
// sizes: n=21
// sizes: n=9
// sizes: n=2
// sizes: n=1

void infinities(int n, double a[n], float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    a[i] = a[i] > 1.0 ? INFINITY : a[i];
    b[i] = b[i] < -1.0f ? -INFINITY : b[i];
  }
#pragma endscop
}

void not_numbers(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (isnan(a[i]))
      a[i] = 0.0;
#pragma endscop
}

void finite_ones(int n, double a[n], float b[n], int c[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    c[i] = 2 * (isfinite(a[i]) != 0) + (isinf(b[i]) ? 1 : 0);
#pragma endscop
}

void hashed(int n, unsigned long a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = (a[i] ^ 0xcbf29ce484222325UL) * 1099511628211UL;
#pragma endscop
}

// rejected: the type `_Complex double` is not supported
void complex_numbers(int n, double _Complex a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = 0;
#pragma endscop
}

// rejected: the type `_Float16` is not supported
void half_precision(int n, _Float16 a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = 0;
#pragma endscop
}
