/* trisolv by hand for AVX-512 and two threads. Groups of 16 rows go to the threads in turn; each reads its rows as far as
   their unknowns have been found, solves its own triangle and says so. For n a multiple of 16.

   loopwright bench polybench/linear-algebra/solvers/trisolv/trisolv.c -D LARGE_DATASET \
     --schedule polybench/expert/trisolv.schedule \
     --against "clang-19 -O3 -march=native -fopenmp -shared -fPIC tests/limits/trisolv.c -o {output}" */
#include "squares.h"
#include <omp.h>
#include <stdatomic.h>

static _Atomic long found __attribute__((aligned(128)));

static inline __m512d less(__m512d sum, const __m512d column[8], const double *x)
{
    for (int k = 0; k < 8; k++)
        sum = _mm512_fnmadd_pd(column[k], _mm512_set1_pd(x[k]), sum);
    return sum;
}

static __m512d solve(__m512d sum, const __m512d column[8], double *x)
{
    for (int k = 0; k < 8; k++) {
        __m512i lane = _mm512_set1_epi64(k);
        __m512d value = _mm512_div_pd(_mm512_permutexvar_pd(lane, sum), _mm512_permutexvar_pd(lane, column[k]));
        x[k] = _mm512_cvtsd_f64(value);
        sum = _mm512_fnmadd_pd(column[k], value, sum);
    }
    return sum;
}

void kernel_trisolv(int n, double L[n][n], double x[n], double b[n])
{
    atomic_store(&found, 0);
#pragma omp parallel num_threads(2)
    for (long i = 16 * omp_get_thread_num(); i < n; i += 32) {
        __m512d column[8], first = _mm512_loadu_pd(b + i), second = _mm512_loadu_pd(b + i + 8);
        for (long j = 0; j < i;) {
            long end = atomic_load_explicit(&found, memory_order_acquire);
            if (end <= j)
                _mm_pause();
            for (end = end < i ? end : i; j < end; j += 8) {
                square(&L[i][j], n, column);
                first = less(first, column, x + j);
                square(&L[i + 8][j], n, column);
                second = less(second, column, x + j);
            }
        }
        square(&L[i][i], n, column);
        solve(first, column, x + i);
        square(&L[i + 8][i], n, column);
        second = less(second, column, x + i);
        square(&L[i + 8][i + 8], n, column);
        solve(second, column, x + i + 8);
        atomic_store_explicit(&found, i + 16, memory_order_release);
    }
}
