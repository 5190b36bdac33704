// Loops and jumps however they are spelled.
// sizes: n=20 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1

void skipped(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i == 5)
      continue;
    a[i] = 0;
  }
#pragma endscop
}

void skipped_twice(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    a[i] = a[i] + 1.0;
    if (i < 2) {
      b[i] = 0.0;
      continue;
    }
    if (i > 6)
      continue;
    b[i] = a[i - 1];
  }
#pragma endscop
}

void left(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i == 7)
      break;
    a[i] = 1.0;
  }
#pragma endscop
}

void left_in_the_middle(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    a[i] = 1.0;
    if (i >= 4) {
      b[i] = 3.0;
      break;
    }
    b[i] = a[i] + 2.0;
  }
#pragma endscop
}

void left_from_inside(int n, double a[n][n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      if (j > i)
        break;
      a[i][j] = 1.0;
    }
#pragma endscop
}

void labelled(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
  S1:
    a[i] = 1.0;
#pragma endscop
}

void counted_while(int n, double a[n])
{
  int i;
#pragma scop
  i = 0;
  while (i < n) {
    a[i] = a[i] * 2.0;
    i++;
  }
#pragma endscop
}

void counted_do(int n, double a[n])
{
  int i;
#pragma scop
  i = 0;
  do {
    a[i] = a[i] + 1.0;
    i += 1;
  } while (i < n);
#pragma endscop
}

void counted_down(int n, double a[n])
{
  int i;
#pragma scop
  i = n;
  while (i-- > 0)
    a[i] = a[i] + 1.0;
#pragma endscop
}

void counted_down_first(int n, double a[n])
{
  int i;
#pragma scop
  i = n;
  while (--i >= 0)
    a[i] = a[i] + 1.0;
#pragma endscop
}

void counted_down_unsigned(unsigned long n, double a[n])
{
#pragma scop
  for (unsigned long i = n; i-- > 0;)
    a[i] = a[i] + 1.0;
#pragma endscop
}

void without_start(int n, double a[n])
{
  int i;
#pragma scop
  i = 1;
  for (; i < n; i++)
    a[i] = a[i - 1];
#pragma endscop
}

void without_step(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n;) {
    a[i] = 2.0;
    i += 2;
  }
#pragma endscop
}

void two_variables(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0, j = n - 1; i < n; i++, j--)
    a[i] = b[j];
#pragma endscop
}

void meeting(int n, double a[n])
{
#pragma scop
  for (int i = 0, j = n - 1; i < j; i++, j--)
    a[i] = a[j];
#pragma endscop
}

void read_behind(int n, double a[n + 1])
{
  int i;
#pragma scop
  for (i = 0; i < n; i++)
    a[i] = 0;
  a[i] = 1;
#pragma endscop
}

void bitwise_conditions(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if ((i > 1) & (i < 6))
      a[i] = 1.0;
    if ((i == 0) | (i == 7))
      a[i] = 2.0;
    if (!(i > 3))
      a[i] += 3.0;
  }
#pragma endscop
}

void choices_in_subscripts(int n, double a[n], double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    b[i] = a[i > 0 ? i - 1 : 0] + a[i < n - 1 ? i + 1 : n - 1];
#pragma endscop
}

void choice_of_target(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i < 4 ? 0 : i] += 1.0;
#pragma endscop
}

void choice_in_bound(int n, int m, double a[n])
{
#pragma scop
  for (int i = 0; i < (n < m ? n : m); i++)
    a[i] = 1.0;
#pragma endscop
}

void strided_from_maximum(int n, int m, double a[n])
{
#pragma scop
  for (int j = 0; j < n; j++)
    for (int i = (j > m ? j : m); i < n; i += 3)
      a[i] += 1.0;
#pragma endscop
}

void truth_as_number(int n, double a[n + 1])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i + (i > 2)] = a[i];
#pragma endscop
}

// rejected: `break` cannot be used in a region
void leaves_two(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    a[i] = 1.0;
    if (i > 3)
      break;
    a[i] = 2.0;
    if (i > 2)
      break;
  }
#pragma endscop
}

// rejected: `while` cannot be used in a region
void unknown_end(int n, double a[n])
{
#pragma scop
  while (n)
    a[0] = 1.0;
#pragma endscop
}

// rejected: `return` cannot be used in a region
void returns(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i == 3)
      return;
    a[i] = 1.0;
  }
#pragma endscop
}

// rejected: `goto` cannot be used in a region
void jumps(int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (i == 3)
      goto end;
    a[i] = 1.0;
  end:
    a[i] = 2.0;
  }
#pragma endscop
}
