//= cflags -I..
//= says 0 bench FILE --against "gcc -Ofast -march=native" --against "clang-19 -O3 -march=native" | clang-19 -O3 -march=native
//= run
/* One side's flush of small numbers to zero reaches no other side. */
#define N 1024
double a[N], b[N];
void init_array(double a[N], double b[N])
{
  for (int i = 0; i < N; i++) {
    a[i] = 4.9e-324 * (i + 1);
    b[i] = 3e-310 * (i + 1);
  }
}
void f(void)
{
#pragma scop
  for (int i = 1; i < N; i++)
    b[i] = a[i] * 0.75 + b[i] * 0.5 + b[i - 1] * 0.25;
#pragma endscop
}
