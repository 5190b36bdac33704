/*
 * floyd-warshall: lengths of the shortest paths between all pairs of nodes of
 * a directed graph, replacing the lengths of its edges.
 *
 *   path_ij = min(path_ij, path_ik + path_kj)   for k = 0, ..., n-1
 */
#define POLYBENCH_DEFAULT_INT
#include "../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(60, 180, 500, 2800, 5600)
#endif

static void init_array(int n, DATA_TYPE path[N][N])
{
    int i, j;

    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) {
            path[i][j] = i * j % 7 + 1;
            /* Some pairs have no edge worth taking. */
            if ((i + j) % 13 == 0 || (i + j) % 7 == 0 || (i + j) % 11 == 0)
                path[i][j] = 999;
        }
}

static void kernel_floyd_warshall(int n, DATA_TYPE path[N][N])
{
    int i, j, k;

#pragma scop
    for (k = 0; k < n; k++)
        for (i = 0; i < n; i++)
            for (j = 0; j < n; j++)
                path[i][j] = path[i][j] < path[i][k] + path[k][j]
                                 ? path[i][j]
                                 : path[i][k] + path[k][j];
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY path[N][N];

    init_array(N, path);
    POLYBENCH_RUN(kernel_floyd_warshall(N, path));
    POLYBENCH_REPORT(path);
    return 0;
}
