/* atax by hand for AVX-512 and two threads. Each thread has half of the columns. Block t of 8 rows is added to tmp by
   the first thread, then by the second, and goes into y three blocks later, from the second-level cache. Strips of
   16 columns take turns, so that memory works while y is computed. For at most 8192 rows.

   loopwright bench polybench/linear-algebra/kernels/atax/atax.c -D LARGE_DATASET \
     --schedule polybench/expert/atax.schedule \
     --against "clang-19 -O3 -march=native -fopenmp -shared -fPIC tests/limits/atax.c -o {output}" */
#include "squares.h"
#include <math.h>
#include <omp.h>
#include <stdatomic.h>

enum { LAG = 3, STRIP = 16, MOST = 8192 };
static _Atomic long done[2][16] __attribute__((aligned(128)));
static double half_sums[MOST] __attribute__((aligned(64))), sums[MOST] __attribute__((aligned(64)));

static void wait_for(int thread, long block)
{
    while (atomic_load_explicit(&done[thread][0], memory_order_acquire) <= block)
        _mm_pause();
}

void kernel_atax(int m, int n, double A[m][n], double x[n], double y[n], double tmp[m])
{
    atomic_store(&done[0][0], 0);
    atomic_store(&done[1][0], 0);
#pragma omp parallel num_threads(2)
    {
        int thread = omp_get_thread_num();
        long begin = thread ? n / 2 : 0, end = thread ? n : n / 2, blocks = (m + 7) / 8;
        double *own = thread ? sums : half_sums;
        for (long j = begin; j < end; j++)
            y[j] = 0;
        for (long t = 0; t < blocks + LAG; t++) {
            long i = 8 * t, back = i - 8 * LAG, rows = m - i < 8 ? m - i : 8, behind = m - back < 8 ? m - back : 8;
            int whole = t < blocks && rows == 8;
            if (thread && t < blocks)
                wait_for(0, t);
            if (!thread && back >= 0)
                wait_for(1, t - LAG);
            __m512d sum = whole && thread ? _mm512_loadu_pd(half_sums + i) : _mm512_setzero_pd(), column[8];
            long j = begin;
            for (; j + STRIP <= end; j += STRIP) {
                if (whole)
                    for (long k = j; k < j + STRIP; k += 8) {
                        square(&A[i][k], n, column);
                        for (int c = 0; c < 8; c++)
                            sum = _mm512_fmadd_pd(column[c], _mm512_set1_pd(x[k + c]), sum);
                    }
                if (back >= 0)
                    for (long k = j; k < j + STRIP; k += 8) {
                        __m512d total = _mm512_loadu_pd(y + k);
                        for (long row = 0; row < behind; row++)
                            total = _mm512_fmadd_pd(_mm512_loadu_pd(&A[back + row][k]), _mm512_set1_pd(sums[back + row]), total);
                        _mm512_storeu_pd(y + k, total);
                    }
            }
            /* What is left of the columns, and the last rows. */
            if (back >= 0)
                for (long k = j; k < end; k++)
                    for (long row = back; row < back + behind; row++)
                        y[k] = fma(A[row][k], sums[row], y[k]);
            if (t < blocks) {
                double last[8];
                _mm512_storeu_pd(last, sum);
                for (long row = 0; row < rows; row++) {
                    double total = whole ? last[row] : thread ? half_sums[i + row] : 0;
                    for (long k = whole ? j : begin; k < end; k++)
                        total = fma(A[i + row][k], x[k], total);
                    own[i + row] = total;
                    if (thread)
                        tmp[i + row] = total;
                }
                atomic_store_explicit(&done[thread][0], t + 1, memory_order_release);
            }
        }
    }
}
