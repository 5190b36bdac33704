/* Batch normalisation of images in the order batch, channel, row, column: mean and variance of each channel,
   then the scaled and shifted values with a leaky ReLU. */
#include <math.h>

#ifdef SMALL
#define IMAGES 3
#define CHANNELS 5
#define ROWS 9
#define COLUMNS 13
#else
#define IMAGES 16
#define CHANNELS 64
#define ROWS 56
#define COLUMNS 56
#endif

static float x[IMAGES][CHANNELS][ROWS][COLUMNS];
static float y[IMAGES][CHANNELS][ROWS][COLUMNS];
static float mean[CHANNELS], variance[CHANNELS], gamma_[CHANNELS], beta[CHANNELS];
static const float count = (float)IMAGES * ROWS * COLUMNS;

void init_array(void)
{
    for (int n = 0; n < IMAGES; n++)
        for (int c = 0; c < CHANNELS; c++)
            for (int h = 0; h < ROWS; h++)
                for (int w = 0; w < COLUMNS; w++)
                    x[n][c][h][w] = (float)((n * 3 + c * 5 + h * 7 + w * 11) % 101) / 50 - 1;
    for (int c = 0; c < CHANNELS; c++) {
        gamma_[c] = 1.0f + (float)(c % 3) / 8;
        beta[c] = (float)(c % 7) / 16;
    }
}

void normalise(void)
{
#pragma scop
    for (int c = 0; c < CHANNELS; c++) {
        mean[c] = 0.0f;
        for (int n = 0; n < IMAGES; n++)
            for (int h = 0; h < ROWS; h++)
                for (int w = 0; w < COLUMNS; w++)
                    mean[c] += x[n][c][h][w];
        mean[c] /= count;
        variance[c] = 0.0f;
        for (int n = 0; n < IMAGES; n++)
            for (int h = 0; h < ROWS; h++)
                for (int w = 0; w < COLUMNS; w++)
                    variance[c] += (x[n][c][h][w] - mean[c]) * (x[n][c][h][w] - mean[c]);
        variance[c] /= count;
    }
    for (int n = 0; n < IMAGES; n++)
        for (int c = 0; c < CHANNELS; c++)
            for (int h = 0; h < ROWS; h++)
                for (int w = 0; w < COLUMNS; w++) {
                    float value = (x[n][c][h][w] - mean[c]) / sqrtf(variance[c] + 1e-5f);
                    value = gamma_[c] * value + beta[c];
                    y[n][c][h][w] = value > 0.0f ? value : 0.1f * value;
                }
#pragma endscop
}
