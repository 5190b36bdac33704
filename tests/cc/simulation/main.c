#include "heat.h"
#include "statistics.h"
#include <stdio.h>
#include <stdlib.h>

/* A plate of n by n points, hot in a corner, after so many steps; then the sums of its rows' products. */
int main(int count, char **words)
{
    int n = count > 1 ? atoi(words[1]) : 500, steps = count > 2 ? atoi(words[2]) : 50;
    double *plate = calloc((size_t)n * n + 1, sizeof *plate);
    double *other = calloc((size_t)n * n + 1, sizeof *other);
    if (!plate || !other)
        return 1;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            plate[i * n + j] = other[i * n + j] = i + j < n / 2 ? 100.0 : 20.0 + (i * j) % 7 / 8.0;
    if (n > 0) {
        diffuse(steps, n, (double (*)[n])plate, (double (*)[n])other, 0.2);
        correlate(n, (double (*)[n])plate, (double (*)[n])other);
    }
    printf("%d by %d points, %d steps\n", n, n, 2 * steps);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j += 1 + n / 50)
            printf("%d %d: %a %a\n", i, j, plate[i * n + j], other[i * n + j]);
    free(plate);
    free(other);
    return 0;
}
