/* Reads a matrix once with two threads and does nothing else: what memory allows kernels that need each element once.
   Rows in blocks of 32, strips of 32 columns, the best pattern of those tried. The results are wrong, the time is the point:

   loopwright bench polybench/linear-algebra/kernels/atax/atax.c -D LARGE_DATASET \
     --schedule polybench/expert/atax.schedule \
     --against "clang-19 -O3 -march=native -fopenmp -shared -fPIC tests/limits/read.c -o {output}"

   For bicg and mvt add -DBICG or -DMVT; for trisolv, whose matrix is a triangle, -DTRIANGLE. */
#include <immintrin.h>
#include <omp.h>

static void read_columns(const double *A, long width, long rows, long first, long last)
{
    __m512d sum[4] = {_mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd(), _mm512_setzero_pd()};
    for (long i = 0; i < rows; i += 32)
        for (long j = first; j < last; j += 32)
            for (long row = i; row < i + 32 && row < rows; row++)
                for (int k = 0; k < 4 && j + 8 * k + 8 <= width; k++)
                    sum[k] = _mm512_add_pd(sum[k], _mm512_loadu_pd(A + row * width + j + 8 * k));
    volatile double seen = _mm512_reduce_add_pd(_mm512_add_pd(_mm512_add_pd(sum[0], sum[1]), _mm512_add_pd(sum[2], sum[3])));
    (void)seen;
}

static void read_matrix(const double *A, long width, long rows)
{
#pragma omp parallel num_threads(2)
    {
        long half = width / 2, begin = omp_get_thread_num() * half;
        read_columns(A, width, rows, begin, begin + half);
    }
}

#if defined(BICG)
void kernel_bicg(int m, int n, double A[n][m], double s[m], double q[n], double p[m], double r[n])
{
    read_matrix(&A[0][0], m, n);
}
#elif defined(MVT)
void kernel_mvt(int n, double x1[n], double x2[n], double y_1[n], double y_2[n], double A[n][n])
{
    read_matrix(&A[0][0], n, n);
}
#elif !defined(TRIANGLE)
void kernel_atax(int m, int n, double A[m][n], double x[n], double y[n], double tmp[m])
{
    read_matrix(&A[0][0], n, m);
}
#else
void kernel_trisolv(int n, double L[n][n], double x[n], double b[n])
{
#pragma omp parallel num_threads(2)
    {
        /* Blocks of rows in turn. */
        for (long i = 32 * omp_get_thread_num(); i < n; i += 64)
            read_columns(&L[i][0], n, n - i < 32 ? n - i : 32, 0, i + 32 < n ? i + 32 : n);
    }
}
#endif
