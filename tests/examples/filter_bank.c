/* A recursive filter of second order on each channel of a recording, then a filter of many taps that keeps every
   fourth sample. */
#ifdef SMALL
#define CHANNELS 6
#define KEPT 30
#define TAPS 8
#else
#define CHANNELS 64
#define KEPT 12000
#define TAPS 32
#endif
#define SAMPLES (4 * KEPT + TAPS)

static float recording[SAMPLES][CHANNELS], filtered[SAMPLES][CHANNELS], kept[KEPT][CHANNELS];
static float tap[TAPS];
static const float b0 = 0.2f, b1 = 0.4f, b2 = 0.2f, a1 = -0.37f, a2 = 0.19f;

void init_array(void)
{
    for (int t = 0; t < TAPS; t++)
        tap[t] = (float)(t < TAPS / 2 ? t + 1 : TAPS - t) / (TAPS * TAPS);
    for (int s = 0; s < SAMPLES; s++)
        for (int c = 0; c < CHANNELS; c++)
            recording[s][c] = (float)((s * 13 + c * 7) % 127) / 127 - 0.5f;
}

void bank(void)
{
#pragma scop
    for (int c = 0; c < CHANNELS; c++) {
        for (int s = 2; s < SAMPLES; s++)
            filtered[s][c] = b0 * recording[s][c] + b1 * recording[s - 1][c] + b2 * recording[s - 2][c]
                - a1 * filtered[s - 1][c] - a2 * filtered[s - 2][c];
        for (int k = 0; k < KEPT; k++) {
            kept[k][c] = 0.0f;
            for (int t = 0; t < TAPS; t++)
                kept[k][c] += tap[t] * filtered[4 * k + t][c];
        }
    }
#pragma endscop
}
