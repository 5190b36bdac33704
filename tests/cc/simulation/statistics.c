#include "statistics.h"

void correlate(int n, double (*rows)[n], double (*result)[n])
{
#pragma scop
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            result[i][j] = 0.0;
            for (int k = 0; k < n; k++)
                result[i][j] += rows[k][i] * rows[k][j];
        }
#pragma endscop
}
