/* Loop forms: each is normalised to count upwards by one. */
#include <stddef.h>
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

double a[1000], b[1000];

void forms(int n, int m)
{
    int i;
#pragma scop
    for (i = 0; i < n; ++i)
        a[i] = 1.0;
    for (int j = n - 1; j >= 0; j--)
        a[j] = 2.0;
    for (int j = 0; n > j; j += 1)
        a[j] = 3.0;
    for (i = 1; i < n; i += 3)
        a[i] = 4.0;
    for (i = n - 1; i > 0; i = i - 2)
        a[i] = 5.0;
    for (i = 0; i != n; i = 1 + i)
        a[i] = 6.0;
    for (i = 0; i < n && i < m; i++)
        a[i] = 7.0;
    for (i = max(n, m) - 10; i < min(n, m) - 1; i++)
        a[i] = 8.0;
    for (i = 0; 2 * i <= n; i++)
        a[i] = 10.0;
#pragma endscop
}

void quotients(unsigned n, int m)
{
#pragma scop
    for (unsigned i = 0; i < n / 2; i++)
        b[i] = a[2 * i];
    for (int i = m >> 1; i < 20; i++)
        b[i] = 0.0;
    for (int i = 0; i < m && i < 100 / 3; i++)
        b[i] += 1.0;
#pragma endscop
}

void sizes(size_t n)
{
#pragma scop
    for (size_t i = 1; i < n; i++)
        a[i] = a[i - 1];
    for (size_t i = n - 1; i > 0; i--)
        b[i] = a[i - 1];
    for (unsigned char c = 0; c < 10; c++)
        b[c] = c;
#pragma endscop
}

static inline int least(int x, int y) { return x < y ? x : y; }

void tiles(int n)
{
#pragma scop
    for (int t = 0; t < n; t += 32)
        for (int i = t; i < least(t + 32, n); i++)
            a[i] = b[i];
    for (int t = 0; t < n / 16; t++) {
        int end = 16 * t + 16;
        for (int i = 16 * t; i < end; i++)
            a[i] = b[i];
    }
#pragma endscop
}
