/* A quantised layer: 8-bit activations times 8-bit weights in 32-bit sums, scaled back to 8 bits by a multiplication
   and a shift, and saturated. */
#include <stdint.h>

#ifdef SMALL
#define M 12
#define N 20
#define K 32
#else
#define M 512
#define N 512
#define K 768
#endif

static int8_t activations[M][K];
static int8_t weights[K][N];
static int32_t sums[M][N];
static int32_t offsets[N];
static int8_t result[M][N];

void init_array(void)
{
    for (int k = 0; k < K; k++) {
        for (int m = 0; m < M; m++)
            activations[m][k] = (int8_t)((m * 31 + k * 17) % 255 - 127);
        for (int n = 0; n < N; n++)
            weights[k][n] = (int8_t)((k * 13 + n * 29) % 255 - 127);
    }
    for (int n = 0; n < N; n++)
        offsets[n] = n * 3 - 100;
}

void quantised(void)
{
#pragma scop
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            sums[m][n] = offsets[n];
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            for (int k = 0; k < K; k++)
                sums[m][n] += activations[m][k] * weights[k][n];
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) {
            int scaled = sums[m][n] >> 9;
            scaled = scaled > 127 ? 127 : scaled;
            result[m][n] = (int8_t)(scaled < -128 ? -128 : scaled);
        }
#pragma endscop
}
