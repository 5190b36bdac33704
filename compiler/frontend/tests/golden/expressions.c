/* Values: conversions, calls, constants, compound assignments. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

typedef float real;
enum { SIZE = 64, STEP = 2 };

static real f[SIZE];
static double d[SIZE];
static int k[SIZE];
static unsigned char c[SIZE];
static short s[SIZE];
static unsigned long u[SIZE];
static bool flag[SIZE];

static inline double square(double x) { return x * x; }

void expressions(double alpha, float beta, int n)
{
    const int offset = 3;
    double sum = 0.0;
#pragma scop
    for (int i = 0; i < SIZE; i++) {
        f[i] = alpha * f[i];
        f[i] += alpha;
        d[i] = sqrt(d[i]) + pow(d[i], 2) + fabs(d[i]) + (double)sqrtf(f[i]);
        d[i] -= d[i] * alpha - 1.0f / 3.0f;
        d[i] = square(d[i]) + alpha;
        k[i] = c[i] + s[i] * STEP - 'a';
        c[i] += 200;
        c[i] <<= 1;
        s[i] = -s[i];
        k[i] = ~k[i] & 0xff | (k[i] ^ 3) >> 1;
        k[i]++;
        --k[i];
        k[i] = abs(k[i] - i) % 7;
        u[i] = u[i] * 3 - 1;
        u[i] = i;
        k[i] = k[i] > 3 && d[i] < 1.0 || !c[i];
        flag[i] = k[i];
        d[i] = flag[i] ? alpha : beta;
        d[i] = i + n;
        f[i] = (real)(i * n % 13) / n;
        d[i] = f[i] = beta;
        sum += d[i], k[i] = offset;
    }
    d[0] = sum;
#pragma endscop
}
