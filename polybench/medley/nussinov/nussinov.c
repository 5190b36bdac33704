/*
 * nussinov: RNA secondary structure by Nussinov's dynamic programming; the
 * largest number of complementary base pairs in each part i..j of a sequence.
 *
 *   table_ij = max of  table_{i,j-1},
 *                      table_{i+1,j},
 *                      table_{i+1,j-1} + match(seq_i, seq_j)  (neighbours do
 *                                                              not pair),
 *                      table_ik + table_{k+1,j}               for i < k < j
 *
 * The bases A, G, C, T are 0 to 3; two of them match when they add up to 3.
 */
#define POLYBENCH_DEFAULT_INT
#include "../../polybench.h"

#ifndef N
#define N POLYBENCH_SIZE(60, 180, 500, 2500, 5500)
#endif

typedef char base;

#define match(b1, b2) (((b1) + (b2)) == 3 ? 1 : 0)
#define max_score(s1, s2) (((s1) >= (s2)) ? (s1) : (s2))

static void init_array(int n, base seq[N], DATA_TYPE table[N][N])
{
    int i, j;

    for (i = 0; i < n; i++)
        seq[i] = (base)((i + 1) % 4);
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            table[i][j] = 0;
}

static void kernel_nussinov(int n, base seq[N], DATA_TYPE table[N][N])
{
    int i, j, k;

#pragma scop
    for (i = n - 1; i >= 0; i--) {
        for (j = i + 1; j < n; j++) {
            if (j - 1 >= 0)
                table[i][j] = max_score(table[i][j], table[i][j - 1]);
            if (i + 1 < n)
                table[i][j] = max_score(table[i][j], table[i + 1][j]);

            if (j - 1 >= 0 && i + 1 < n) {
                if (i < j - 1)
                    table[i][j] = max_score(
                        table[i][j], table[i + 1][j - 1] + match(seq[i], seq[j]));
                else
                    table[i][j] = max_score(table[i][j], table[i + 1][j - 1]);
            }

            for (k = i + 1; k < j; k++)
                table[i][j] =
                    max_score(table[i][j], table[i][k] + table[k + 1][j]);
        }
    }
#pragma endscop
}

int main(void)
{
    static base seq[N];
    POLYBENCH_ARRAY table[N][N];

    init_array(N, seq, table);
    POLYBENCH_RUN(kernel_nussinov(N, seq, table));
    POLYBENCH_REPORT(table);
    return 0;
}
