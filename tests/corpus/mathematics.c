// The functions of <math.h>, in double and in float.
// sizes: n=21 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1
#include <math.h>
#include <stdlib.h>

void roots(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = sqrt(fabs(b[i])) + cbrt(b[i]) + hypot(b[i], 2.0);
#pragma endscop
}

void roots_float(int n, float a[n], const float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = sqrtf(fabsf(b[i])) + cbrtf(b[i]) + hypotf(b[i], 2.0f);
#pragma endscop
}

void exponentials(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = exp(b[i] * 0.1) + exp2(b[i]) + log(fabs(b[i]) + 1.0) + log2(2.0 + fabs(b[i])) + log10(3.0 + fabs(b[i]));
#pragma endscop
}

void near_one(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = expm1(b[i] * 0.01) + log1p(fabs(b[i]));
#pragma endscop
}

void trigonometry(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = sin(b[i]) + cos(b[i]) * tan(b[i]) + atan(b[i]) + atan2(b[i], 1.5) + asin(b[i] * 0.01) + acos(b[i] * 0.01);
#pragma endscop
}

void trigonometry_float(int n, float a[n], const float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = sinf(b[i]) + cosf(b[i]) + atan2f(b[i], 0.5f);
#pragma endscop
}

void hyperbolic(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = sinh(b[i] * 0.1) + cosh(b[i] * 0.1) + tanh(b[i]);
#pragma endscop
}

void inverse_hyperbolic(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = asinh(b[i]) + acosh(1.0 + fabs(b[i])) + atanh(b[i] * 0.01);
#pragma endscop
}

void rounded(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = floor(b[i]) + ceil(b[i] * 0.5) * round(b[i]) - trunc(b[i] * 0.3);
#pragma endscop
}

void rounded_to_even(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = rint(b[i] * 0.5) + nearbyint(b[i] * 0.25);
#pragma endscop
}

void rounded_to_even_float(int n, float a[n], const float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = rintf(b[i] * 0.5f) + nearbyintf(b[i] * 0.25f) + floorf(b[i]) + roundf(b[i]) + truncf(b[i]);
#pragma endscop
}

void rounded_to_integers(int n, int a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = (int)lrint(b[i]) + (int)lround(b[i] * 0.5);
#pragma endscop
}

void extremes(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = fmin(a[i], b[i]) + fmax(b[i], 1.0) - fdim(a[i], b[i]);
#pragma endscop
}

void extremes_float(int n, float a[n], const float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = fminf(fmaxf(b[i], 0.0f), 6.0f);
#pragma endscop
}

void fused(int n, double a[n], const double b[n], float c[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    a[i] = fma(a[i], b[i], 1.0);
    c[i] = fmaf(c[i], 0.5f, c[i]);
  }
#pragma endscop
}

void remainders(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = fmod(a[i], fabs(b[i]) + 1.0) + copysign(1.0, b[i]) + remainder(a[i], 3.0);
#pragma endscop
}

void powers(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = pow(fabs(b[i]), 0.75) + pow(b[i], 2.0);
#pragma endscop
}

void errors(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = 0.5 * b[i] * (1.0 + erf(b[i] * M_SQRT1_2)) + erfc(b[i] * 0.1);
#pragma endscop
}

void gammas(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = tgamma(fabs(b[i]) * 0.1 + 1.0);
#pragma endscop
}

void not_a_number(int n, double a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[i] > 0.0 ? sqrt(b[i]) : NAN;
#pragma endscop
}

void missing_values(int n, float a[n], const float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[i] < -5.0f ? NAN : isnan(a[i]) ? 0.0f : b[i];
#pragma endscop
}

void infinities(int n, double least[1], const double b[n])
{
#pragma scop
  least[0] = INFINITY;
  for (int i = 0; i < n; i++)
    if (b[i] < least[0])
      least[0] = b[i];
#pragma endscop
}

void huge_values(int n, double most[1], const double b[n])
{
#pragma scop
  most[0] = -HUGE_VAL;
  for (int i = 0; i < n; i++)
    most[0] = fmax(most[0], b[i]);
#pragma endscop
}

void classified(int n, int a[n], const double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = (isfinite(b[i]) ? 1 : 0) + (isinf(b[i]) ? 2 : 0) + (signbit(b[i]) ? 4 : 0);
#pragma endscop
}

void absolute_integers(int n, int a[n], long b[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    a[i] = abs(a[i]);
    b[i] = labs(b[i]) + llabs((long long)b[i]);
  }
#pragma endscop
}

void mixed_widths(int n, float a[n], const float b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = sqrt(b[i] * b[i] + 1.0) + sin(b[i]);
#pragma endscop
}

// rejected: the type `_Complex double` is not supported
void complex_numbers(int n, double _Complex a[n], double _Complex b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[i];
#pragma endscop
}

// rejected: the type `_Float16` is not supported
void half_precision(int n, _Float16 *a, _Float16 *b)
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = b[i];
#pragma endscop
}

// rejected: the type `long double` is not supported
void extended(int n, long double a[n], const long double b[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = 2.0L * b[i];
#pragma endscop
}

// rejected: the call of `rand` is not understood
void random_numbers(int n, int a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = rand();
#pragma endscop
}

// rejected: the call of `frexp` is not understood
void mantissas(int n, double a[n], int e[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = frexp(a[i], &e[i]);
#pragma endscop
}
