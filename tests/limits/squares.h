/* Squares of 8 by 8 doubles, turned in registers: lanes are rows. */
#include <immintrin.h>

static inline __attribute__((always_inline)) void square(const double *from, long row, __m512d column[8])
{
    /* Two columns of four rows a vector, put together by the loads; one shuffle a column is left. */
    for (int pair = 0; pair < 4; pair++) {
        const double *at = from + 2 * pair;
        __m512d even = _mm512_castpd128_pd512(_mm_loadu_pd(at));
        even = _mm512_mask_broadcast_f64x2(even, 0x0c, _mm_loadu_pd(at + 2 * row));
        even = _mm512_mask_broadcast_f64x2(even, 0x30, _mm_loadu_pd(at + 4 * row));
        even = _mm512_mask_broadcast_f64x2(even, 0xc0, _mm_loadu_pd(at + 6 * row));
        __m512d odd = _mm512_castpd128_pd512(_mm_loadu_pd(at + row));
        odd = _mm512_mask_broadcast_f64x2(odd, 0x0c, _mm_loadu_pd(at + 3 * row));
        odd = _mm512_mask_broadcast_f64x2(odd, 0x30, _mm_loadu_pd(at + 5 * row));
        odd = _mm512_mask_broadcast_f64x2(odd, 0xc0, _mm_loadu_pd(at + 7 * row));
        column[2 * pair] = _mm512_unpacklo_pd(even, odd);
        column[2 * pair + 1] = _mm512_unpackhi_pd(even, odd);
    }
}
