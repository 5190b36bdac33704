/* What a vector of heat-3d costs by hand on one core with AVX-512, rows of 120 doubles: with both neighbours along the row
   loaded, across cache lines, and with both made in registers from the vectors before and behind, which are kept.

   clang-19 -O3 -march=native tests/limits/heat-3d.c -o heat-3d && ./heat-3d */
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

enum { ROW = 120, PLANE = 24 * ROW, PLANES = 40, FIRST = 8, END = 112, REPEATS = 4000, VECTORS = 8 * (END - FIRST) / 8 };

double from[PLANES * PLANE + 64] __attribute__((aligned(64)));
double to[PLANES * PLANE + 64] __attribute__((aligned(64)));

static inline __m512d at(const double *place)
{
    return _mm512_loadu_pd(place);
}

static inline __m512d second_difference(__m512d before, __m512d here, __m512d behind)
{
    return _mm512_add_pd(_mm512_fmadd_pd(_mm512_set1_pd(-2.0), here, behind), before);
}

static inline __m512d update(__m512d here, __m512d plane, __m512d line, __m512d along)
{
    __m512d eighth = _mm512_set1_pd(0.125);
    __m512d sum = _mm512_fmadd_pd(eighth, line, _mm512_mul_pd(eighth, plane));
    return _mm512_add_pd(_mm512_fmadd_pd(eighth, along, sum), here);
}

/* Two planes of four rows. */
__attribute__((noinline)) static void loaded(const double *in, double *out)
{
    for (int k = FIRST; k < END; k += 8)
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 4; j++) {
                const double *p = in + i * PLANE + j * ROW + k;
                __m512d here = at(p);
                __m512d sum = update(here, second_difference(at(p - PLANE), here, at(p + PLANE)),
                                     second_difference(at(p - ROW), here, at(p + ROW)),
                                     second_difference(at(p - 1), here, at(p + 1)));
                _mm512_storeu_pd(out + i * PLANE + j * ROW + k, sum);
            }
}

static inline __m512d shifted(__m512d low, __m512d high, const int by)
{
    __m512i a = _mm512_castpd_si512(high), b = _mm512_castpd_si512(low);
    return _mm512_castsi512_pd(by == 1 ? _mm512_alignr_epi64(a, b, 1) : _mm512_alignr_epi64(a, b, 7));
}

/* The same, a plane after the other. */
__attribute__((noinline)) static void kept(const double *in, double *out)
{
    for (int i = 0; i < 2; i++) {
        __m512d before[4], here[4], behind[4];
        for (int j = 0; j < 4; j++) {
            before[j] = at(in + i * PLANE + j * ROW + FIRST - 8);
            here[j] = at(in + i * PLANE + j * ROW + FIRST);
        }
        for (int k = FIRST; k < END; k += 8) {
            const double *p = in + i * PLANE + k;
            __m512d above = at(p - ROW), below = at(p + 4 * ROW);
            for (int j = 0; j < 4; j++)
                behind[j] = at(p + j * ROW + 8);
            for (int j = 0; j < 4; j++) {
                const double *q = p + j * ROW;
                __m512d lines = second_difference(j ? here[j - 1] : above, here[j], j < 3 ? here[j + 1] : below);
                __m512d along = second_difference(shifted(before[j], here[j], 7), here[j], shifted(here[j], behind[j], 1));
                __m512d planes = second_difference(at(q - PLANE), here[j], at(q + PLANE));
                _mm512_storeu_pd(out + i * PLANE + j * ROW + k, update(here[j], planes, lines, along));
            }
            for (int j = 0; j < 4; j++) {
                before[j] = here[j];
                here[j] = behind[j];
            }
        }
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(void)
{
    static void (*const kernels[])(const double *, double *) = {loaded, kept};
    static const char *const names[] = {"neighbours loaded", "neighbours kept"};
    for (long i = 0; i < PLANES * PLANE; i++)
        from[i] = 1.0 + i % 7;
    /* Blocks for the first and for the second level of the caches. */
    for (int blocks = 1; blocks <= 16; blocks *= 16)
        for (int kernel = 0; kernel < 2; kernel++) {
            double best = 1e9;
            for (int run = 0; run < 15; run++) {
                double start = now();
                for (int repeat = 0; repeat < REPEATS / blocks; repeat++)
                    for (int block = 0; block < blocks; block++) {
                        long place = (2 + 2 * block) * PLANE + 4 * ROW;
                        kernels[kernel](from + place, to + place);
                    }
                double time = now() - start;
                best = time < best ? time : best;
            }
            printf("%2d planes, %s: %.2f ns a vector\n", 2 * blocks, names[kernel], best * 1e9 / (REPEATS / blocks * blocks) / VECTORS);
        }
    return 0;
}
