/* Functions whose meaning in C depends on the ends of types and on how quotients are rounded. */
int A[1000], B[1000], last;

void quotient(int n)
{
#pragma scop
  for (int i = 0; i < (n - 5) / 2 + 3; i++)
    A[i] += 1;
#pragma endscop
}

void narrow_bound(int n)
{
#pragma scop
  for (int i = 0; i < (unsigned char)n; i++)
    A[i] += 1;
#pragma endscop
}

void unsigned_bound(unsigned n)
{
#pragma scop
  for (unsigned i = 0; i <= n - 1 && i < 50; i++)
    A[i] += 1;
#pragma endscop
}

void unsigned_condition(unsigned n)
{
#pragma scop
  for (unsigned i = 0; i < 50u; i++)
    if (i - n < 10u)
      A[i] += 1;
#pragma endscop
}

void narrow_subscript(int n)
{
#pragma scop
  for (int i = 0; i < 100; i++)
    A[(unsigned char)(i + n)] += 1;
#pragma endscop
}

void narrow_condition(int n)
{
#pragma scop
  for (int i = 0; i < 40; i++)
    if ((unsigned char)(n + i))
      A[i] += 1;
#pragma endscop
}

void narrow_name(int n)
{
#pragma scop
  for (int i = 0; i < 40; i++) {
    signed char c = n + i;
    unsigned char u = n - i;
    A[c + 200] += 1;
    B[u] += 1;
    B[i] += u + c;
  }
#pragma endscop
}

void narrow_counter(int n)
{
#pragma scop
  for (signed char i = 0; i < n; i++)
    A[i + 200] += 1;
  for (unsigned char i = 0; i != n; i++)
    B[i] += i;
#pragma endscop
}

void unequal(int n)
{
#pragma scop
  for (int i = n; i != 20; i++)
    A[i + 400] += 1;
#pragma endscop
}

void shifted(int n)
{
#pragma scop
  for (int i = 0; i < (n >> 1) + 4; i++)
    A[i] += 1;
  for (int i = 0; i < n / 4; i++)
    B[i] += 1;
#pragma endscop
}

void extremes(int n, int m)
{
#pragma scop
  for (int i = n < m ? n : m; i < (n > m ? n : m); i++)
    A[i + 400] += 1;
#pragma endscop
}

void unsigned_choice(unsigned n)
{
#pragma scop
  for (unsigned i = 0; i < (n < 10 ? n : n - 10); i++)
    A[i] += 1;
#pragma endscop
}

void negated(unsigned n)
{
#pragma scop
  for (unsigned i = 0; i < 40; i++)
    if (-n + i < 10u)
      A[i] += 1;
#pragma endscop
}

void unsigned_name(int n)
{
#pragma scop
  unsigned k = n - 3;
  for (unsigned i = 0; i < 40; i++) {
    if (k + i < 20)
      A[i] += 1;
    B[i] += k / 2;
  }
#pragma endscop
}

void mixed_signs(int n, unsigned m)
{
#pragma scop
  for (int i = 0; i < 40; i++)
    if (n + i < m)
      A[i] += 1;
#pragma endscop
}

void widened(unsigned n)
{
#pragma scop
  for (long i = 0; i < (long)(n - 4) && i < 60; i++)
    A[i] += 1;
#pragma endscop
}

void unsigned_quotient(unsigned n)
{
#pragma scop
  for (unsigned i = 0; i < (n - 6) / 4 + 1; i++)
    A[i] += 1;
#pragma endscop
}

void downwards(unsigned n)
{
#pragma scop
  for (unsigned i = n; i > 0; i--)
    A[i] += 1;
  for (unsigned i = n; i >= 2; i -= 2)
    B[i] += 1;
#pragma endscop
}

void decided(_Bool b, int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (b || i > 5)
      A[i] += b;
#pragma endscop
}

void left_behind(int n)
{
  int i, j;
  unsigned u;
#pragma scop
  for (i = 3; i < n; i += 4)
    A[i] += 1;
  for (j = n; j > 10; j -= 7)
    B[j] += i;
  for (u = 5; u < n; u++)
    B[u] += j;
#pragma endscop
  last = i + j + u;
}

void wide_subscript(unsigned n, int m)
{
#pragma scop
  for (unsigned i = 0; i < 30; i++)
    A[i + n - 20] += m;
#pragma endscop
}

void truth_of_difference(unsigned n)
{
#pragma scop
  for (unsigned i = 0; i < 30; i++)
    if (n - i)
      A[i] += 1;
#pragma endscop
}
