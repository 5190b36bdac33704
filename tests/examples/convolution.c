/* A convolution layer as in a neural network: 64 filters of 3x3 over 32 channels, "valid" borders. */
#include <stdio.h>

#ifdef SMALL
#define FILTERS 5
#define CHANNELS 4
#define HEIGHT 12
#define WIDTH 14
#else
#define FILTERS 64
#define CHANNELS 32
#define HEIGHT 112
#define WIDTH 112
#endif
#define K 3

typedef float real;

static real input[CHANNELS][HEIGHT + K - 1][WIDTH + K - 1];
static real weights[FILTERS][CHANNELS][K][K];
static real bias[FILTERS];
static real output[FILTERS][HEIGHT][WIDTH];

static void convolve(void)
{
#pragma scop
    for (int f = 0; f < FILTERS; f++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                output[f][y][x] = bias[f];
                for (int c = 0; c < CHANNELS; c++)
                    for (int p = 0; p < K; p++)
                        for (int q = 0; q < K; q++)
                            output[f][y][x] += weights[f][c][p][q] * input[c][y + p][x + q];
            }
#pragma endscop
}

int main(void)
{
    for (int c = 0; c < CHANNELS; c++)
        for (int y = 0; y < HEIGHT + K - 1; y++)
            for (int x = 0; x < WIDTH + K - 1; x++)
                input[c][y][x] = (real)((c + 3 * y + 7 * x) % 17) / 17;
    for (int f = 0; f < FILTERS; f++) {
        bias[f] = (real)f / FILTERS;
        for (int c = 0; c < CHANNELS; c++)
            for (int p = 0; p < K; p++)
                for (int q = 0; q < K; q++)
                    weights[f][c][p][q] = (real)((f + c + p + q) % 5) / 5 - (real)0.4;
    }
    convolve();
    printf("%f\n", (double)output[FILTERS / 2][HEIGHT / 2][WIDTH / 2]);
    return 0;
}
