/*
 * What the kernels of this folder share: the choice of a dataset size, the
 * choice of an element type, and what a kernel's own main() does with its
 * results.
 *
 *   -DMINI_DATASET, -DSMALL_DATASET, -DMEDIUM_DATASET, -DLARGE_DATASET,
 *   -DEXTRALARGE_DATASET    one of the five sizes; LARGE when none is given
 *   -DNI=100                one extent of a kernel, whatever the dataset
 *   -DDATA_TYPE_IS_FLOAT, -DDATA_TYPE_IS_DOUBLE, -DDATA_TYPE_IS_INT
 *                           the element type, where it is not the kernel's own
 *   -DPOLYBENCH_TIME        print the seconds spent in the kernel on stdout
 *   -DPOLYBENCH_DUMP        print every result exactly on stderr; without it
 *                           only a checksum of the results' bits is printed
 */
#ifndef LOOPWRIGHT_POLYBENCH_H
#define LOOPWRIGHT_POLYBENCH_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#ifdef POLYBENCH_TIME
#include <time.h>
#endif

/* `#pragma scop` and `#pragma endscop` mark the region for polyhedral tools;
   to every other compiler they mean nothing, and need no warning. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#endif

/* ---- Dataset size: picks one of a kernel's five extents. ---- */

#if defined(MINI_DATASET)
#define POLYBENCH_SIZE(mini, small, medium, large, extralarge) mini
#elif defined(SMALL_DATASET)
#define POLYBENCH_SIZE(mini, small, medium, large, extralarge) small
#elif defined(MEDIUM_DATASET)
#define POLYBENCH_SIZE(mini, small, medium, large, extralarge) medium
#elif defined(EXTRALARGE_DATASET)
#define POLYBENCH_SIZE(mini, small, medium, large, extralarge) extralarge
#else
#define POLYBENCH_SIZE(mini, small, medium, large, extralarge) large
#endif

/* ---- Element type. A kernel that is not in double says so by defining
        POLYBENCH_DEFAULT_FLOAT or POLYBENCH_DEFAULT_INT before it includes
        this file. Only the kernels in integers can be built with integers. */

#if defined(DATA_TYPE_IS_INT) && !defined(POLYBENCH_DEFAULT_INT)
#error "this kernel needs floating-point elements"
#endif

#if !defined(DATA_TYPE_IS_INT) && !defined(DATA_TYPE_IS_FLOAT) \
    && !defined(DATA_TYPE_IS_DOUBLE)
#if defined(POLYBENCH_DEFAULT_INT)
#define DATA_TYPE_IS_INT
#elif defined(POLYBENCH_DEFAULT_FLOAT)
#define DATA_TYPE_IS_FLOAT
#else
#define DATA_TYPE_IS_DOUBLE
#endif
#endif

#if defined(DATA_TYPE_IS_INT)
#define DATA_TYPE int
#define POLYBENCH_EXACT_FORMAT "%d\n"
#elif defined(DATA_TYPE_IS_FLOAT)
#define DATA_TYPE float
#define POLYBENCH_EXACT_FORMAT "%a\n"
#define SCALAR_VAL(value) value##f
#define SQRT_FUN(x) sqrtf(x)
#define EXP_FUN(x) expf(x)
#define POW_FUN(x, y) powf(x, y)
#else
#define DATA_TYPE double
#define POLYBENCH_EXACT_FORMAT "%a\n"
#define SCALAR_VAL(value) value
#define SQRT_FUN(x) sqrt(x)
#define EXP_FUN(x) exp(x)
#define POW_FUN(x, y) pow(x, y)
#endif

/* ---- What a main() needs. ---- */

/* Storage of one array: zero at the start, aligned to a page. */
#define POLYBENCH_ARRAY static _Alignas(4096) DATA_TYPE

#ifdef POLYBENCH_TIME
static inline double polybench_seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define POLYBENCH_RUN(call)                                    \
    do {                                                       \
        const double polybench_start = polybench_seconds();    \
        call;                                                  \
        printf("%.9f\n", polybench_seconds() - polybench_start); \
    } while (0)
#else
#define POLYBENCH_RUN(call) call
#endif

/* Prints one result: all its elements exactly, or the 64-bit FNV-1a hash of
   its bytes. */
static inline void polybench_report(const char *name, const void *data,
                                    size_t elements)
{
#ifdef POLYBENCH_DUMP
    const DATA_TYPE *value = data;
    fprintf(stderr, "%s %zu\n", name, elements);
    for (size_t e = 0; e < elements; e++)
        fprintf(stderr, POLYBENCH_EXACT_FORMAT, value[e]);
#else
    const unsigned char *byte = data;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t b = 0; b < elements * sizeof(DATA_TYPE); b++)
        hash = (hash ^ byte[b]) * 0x100000001b3u;
    fprintf(stderr, "%s %016llx\n", name, (unsigned long long)hash);
#endif
}

#define POLYBENCH_REPORT(array) \
    polybench_report(#array, array, sizeof(array) / sizeof(DATA_TYPE))

/* ---- Initial values shared by the matrix factorizations. ---- */

/*
 * A = L L^T, symmetric and positive definite, where L is lower triangular with
 * L[i][j] = 1 - j/n below a unit diagonal.
 *
 * Each element is summed by increasing k. Going from the last row up and from
 * right to left, the product can replace the lower half of A in place: element
 * (i, j) reads only what lies at or left of column j in the rows j and i.
 */
static inline void polybench_positive_definite(int n, DATA_TYPE A[n][n])
{
    int i, j, k;

    for (i = 0; i < n; i++) {
        for (j = 0; j < i; j++)
            A[i][j] = (DATA_TYPE)(-j % n) / n + 1;
        A[i][i] = 1;
    }
    for (i = n - 1; i >= 0; i--)
        for (j = i; j >= 0; j--) {
            DATA_TYPE sum = 0;
            for (k = 0; k <= j; k++)
                sum += A[i][k] * A[j][k];
            A[i][j] = sum;
        }
    for (i = 0; i < n; i++)
        for (j = i + 1; j < n; j++)
            A[i][j] = A[j][i];
}

#endif
