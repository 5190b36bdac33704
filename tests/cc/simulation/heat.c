#include "heat.h"

/* Two steps at a time: from `now` to `next` and back. */
void diffuse(int steps, int n, double (*now)[n], double (*next)[n], double rate)
{
#pragma scop
    for (int t = 0; t < steps; t++) {
        for (int i = 1; i < n - 1; i++)
            for (int j = 1; j < n - 1; j++)
                next[i][j] = now[i][j] + rate * (now[i - 1][j] + now[i + 1][j] + now[i][j - 1] + now[i][j + 1] - 4.0 * now[i][j]);
        for (int i = 1; i < n - 1; i++)
            for (int j = 1; j < n - 1; j++)
                now[i][j] = next[i][j] + rate * (next[i - 1][j] + next[i + 1][j] + next[i][j - 1] + next[i][j + 1] - 4.0 * next[i][j]);
    }
#pragma endscop
}
