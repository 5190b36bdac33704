/* Several regions in a function, one in a loop, one rejected, and pragmas that do not count. */
#define N 10
double a[N], b[N];
/* #pragma scop */
#if 0
#pragma scop
#endif

double several(int steps)
{
    double last;
    int i;
#pragma scop
    for (i = 0; i < N; i++)
        a[i] = 0.0;
#pragma endscop
    for (int t = 0; t < steps; t++) {
#pragma scop
        for (i = t; i < N; i++) {
            last = b[i];
            a[i] = last;
        }
#pragma endscop
    }
#pragma scop
    for (i = 0; i < N; i++)
        a[i * i] = 0.0;
#pragma endscop
    return a[0];
}
