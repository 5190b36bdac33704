/* Conversions of every kind in compound assignments, and conditions inside odd loops. */
#include <math.h>
#include <stdint.h>

static double d[40][40];
static float f[40];
static int k[40];
static unsigned w[40];
static int8_t c[40];
static uint16_t h[40];
static int64_t l[40];
static _Bool t[40];

#define MAX(a, b) ((a) > (b) ? (a) : (b))

static double blend(double x, double y) { return x * y + 1.0; }

void compound(int n, double alpha, unsigned u)
{
#pragma scop
    for (int i = 0; i < n; i++) {
        k[i] += 2.75;
        k[i] -= f[i];
        f[i] *= alpha;
        f[i] += d[i][0] * alpha;
        c[i] *= 3;
        c[i] = -c[i] - 100;
        h[i] -= 20;
        h[i] >>= 2;
        w[i] = w[i] - 9 + u;
        w[i] /= 3;
        w[i] %= 1000u;
        w[i] ^= 1u << 31;
        l[i] = w[i] * 5l - k[i];
        l[i] <<= 3;
        l[i] |= k[i] & ~7;
        t[i] = f[i];
        t[i] |= k[i] > 2;
        k[i] = !t[i] + (l[i] != 0 ? -k[i] : +k[i]);
        d[i][1] = k[i] = w[i] += 7;
        d[i][2] = blend(alpha, f[i]) * 2.0 - blend(f[i], 3);
        d[i][3] = -(f[i] * alpha) + d[i][2];
        d[i][4] = d[i][3] - d[i][2] * alpha - f[i] * alpha;
        d[i][5] = 0.1 * 3.0 + d[i][4];
        d[i][6] = fmaf(f[i], 2, 1) + fmin(d[i][5], i) + floor(d[i][4]) + i / 3 - i % 4;
        d[i][7] = MAX(d[i][6], MAX(d[i][5], 0.5f));
    }
#pragma endscop
}

void shapes(int n, int m)
{
    int i, j;
#pragma scop
    for (i = n - 1; i >= 0; i -= 2)
        for (j = i; j < n; j += 3)
            d[i][j] += i < j ? d[j][i] : j > 4 && i < 9 ? d[i][0] : 1.0;
    for (i = 0; i < n || i < m; i++)
        k[i] = i;
    for (i = 2; i < n - 2; i++)
        for (j = MAX(i - 1, 3); j <= (i + 2 < m ? i + 2 : m); j++)
            if ((i != j && j != 4) || !(i > 5))
                d[i][j] = d[i][j - 1] + (i - j) * 0.5;
    for (i = 5; i > 1 && i < 20; i--) {
        ;
        k[i] = k[i] + (i == 3 ? k[2] : k[i + 1]);
    }
    for (i = 0; i < n / 2; i++) {
        const int mirrored = n - 1 - i, twice = 2 * i;
        float swap = f[i];
        f[i] = f[mirrored], f[mirrored] = swap;
        k[twice] = mirrored;
    }
    if (n > m)
        k[0] = n - m;
    else if (n == m)
        k[0] = -1;
    else {
        k[0] = m;
        if (m > 3 * n)
            k[1] = 0;
    }
#pragma endscop
}
