/* Loop variables where no loop over them runs, and names for their values. */
#define N 12

int A[N][N], B[N], C[64];
unsigned U[64];
double D[64];
int last, global;

/* A name for the value that a loop has left behind, read in another loop over the same variable. */
void behind_a_loop(void)
{
  int i, j;
#pragma scop
  for (i = 0; i < N; i++) {
    for (j = 0; j < i; j++)
      A[i][j] = 1;
    int stop = j;
    for (j = 0; j < N; j++)
      B[j] += stop;
  }
#pragma endscop
}

/* The value from before the region. */
void before_the_loop(int i)
{
#pragma scop
  int k = i;
  for (i = 0; i < N; i++)
    B[i] = k + i;
#pragma endscop
}

/* Names of names, inside other loops over the same variables. */
void names_of_names(int n)
{
  int i, j;
#pragma scop
  for (i = 0; i < n; i++) {
    const int first = i + 1;
    unsigned second = first;
    int third = first + 2 * i;
    for (j = 0; j < first; j++) {
      const int inner = j + first;
      C[j] += inner + third;
      U[j] += second - inner;
    }
    for (int k = first; k < n; k++)
      C[k] -= third;
  }
#pragma endscop
}

/* Assigned once, later. */
void assigned_later(int n)
{
  int i, k;
#pragma scop
  for (i = 0; i < n; i++) {
    k = i;
    for (int j = 0; j < 4; j++)
      C[i] += k * j;
  }
  k = i;
  for (i = 0; i < 3; i++)
    C[i] += k;
#pragma endscop
  last = i + k;
}

/* Reassigned outside of any loop over it. */
void reassigned(int n)
{
  int i;
#pragma scop
  i = n + 1;
  int k = i;
  for (i = 2; i <= n; i++)
    C[i] = k;
  i = 3;
  C[1] = i;
  C[0] = k;
#pragma endscop
  last = i;
}

/* Bounds and subscripts from what a loop has left. */
void in_bounds_and_subscripts(int n)
{
  int i, j;
#pragma scop
  for (i = 0; i < n; i++)
    D[i] = 1.0;
  for (j = i; j < 40; j++)
    D[j] = 2.0;
  D[i] = 3.0;
  if (i > 10)
    D[0] = i;
#pragma endscop
}

/* The step of a loop that goes on where another has stopped. */
void unrolled_by_hand(int n)
{
  int i, j;
#pragma scop
  for (i = 0; i + 3 < n; i += 4) {
    D[i] += 1.0;
    D[i + 3] += 2.0;
  }
  D[63] = i;
  for (j = n; j > 2; j -= 3)
    D[j] -= 1.0;
  D[62] = j;
#pragma endscop
  last = i + 100 * j;
}

/* Each way of counting, read behind the region. */
void behind_the_region(int n, int m)
{
  int up, down, strided, limited, unsigned_less;
  unsigned whole;
  long wide;
  short narrow;
#pragma scop
  for (up = 2; up < n; up++)
    C[up] = 1;
  for (down = n; down >= 3; down--)
    C[down] += 2;
  for (strided = 1; strided <= n; strided += 3)
    C[strided] += 3;
  for (limited = m - 11; limited < n && limited < 7; limited++)
    C[limited + 20] += 4;
  for (whole = 0; whole < 20u; whole++)
    C[whole] += 5;
  for (wide = n; wide > 4; wide -= 2)
    C[wide] += 6;
  for (narrow = 0; narrow < 9; narrow++)
    C[narrow] += 7;
#pragma endscop
  last = up + down + strided + limited + whole + wide + narrow;
}

/* Loops that do not run. */
void empty_loops(int n)
{
  int i, j, k;
#pragma scop
  for (i = 5; i < 3; i++)
    C[i] = 1;
  for (j = n; j < 7; j++)
    C[j] = 1;
  for (k = 50; k <= n; k++)
    C[k] = 2;
  C[0] = 1;
#pragma endscop
  last = i + j + k;
}

/* What the last iteration of the loops around has left. */
void from_inside(int n)
{
  int i, j, k;
#pragma scop
  for (i = 0; i < n; i++) {
    for (j = 0; j <= i; j++)
      C[j] += i;
    for (k = i; k < n; k++)
      C[k] -= j;
  }
  C[50] = i + j + k;
#pragma endscop
  last = i + j + k;
}

/* Under conditions. */
void under_conditions(int n)
{
  int i = 77, j;
#pragma scop
  if (n > 10)
    for (i = 0; i < n; i++)
      C[i] = 1;
  if (n > 20)
    for (j = 0; j < n; j++)
      C[j] += 2;
  else
    for (j = 4; j >= 0; j--)
      C[j] += 3;
  C[60] = i;
  C[61] = j;
#pragma endscop
  last = i + j;
}

/* At file scope. */
void at_file_scope(int n)
{
#pragma scop
  for (global = 0; global < n; global++)
    C[global] = global;
#pragma endscop
}

/* Set before it is read behind the region: nothing has to be written. */
void set_again(int n)
{
  int i, j;
  for (int t = 0; t < 3; t++) {
#pragma scop
    for (i = 0; i < n; i++)
      for (j = 0; j < 3; j++)
        C[i] += j;
#pragma endscop
    for (i = 0; i < 4; i++)
      last += i;
    if (n > 3)
      j = 1;
    else
      j = 2;
    last += j;
  }
}

/* The last iteration is one that the condition lets through. */
void guarded_inside(int n)
{
  int i, j;
#pragma scop
  for (i = 0; i < 9; i++)
    if (i > 3)
      for (j = 0; j < i + n; j++)
        C[j] += 1;
#pragma endscop
  last = j;
}

/* The next run of the region reads what this one has left. */
void from_run_to_run(int n)
{
  int i = 5;
  for (int t = 0; t < 3; t++) {
#pragma scop
    C[t] = i;
    for (i = 0; i < n; i++)
      C[i + 10] = 1;
#pragma endscop
  }
}
