/* A histogram: which bin is counted depends on the data, so the region is not a static control
   part and must be rejected; the scaling after it is one. */
#define SAMPLES 1000000
#define BINS 256

static unsigned char sample[SAMPLES];
static int bins[BINS];
static double share[BINS];

void count(void)
{
#pragma scop
    for (int i = 0; i < SAMPLES; i++)
        bins[sample[i]] += 1;
#pragma endscop
}

void normalise(void)
{
#pragma scop
    for (int b = 0; b < BINS; b++)
        share[b] = (double)bins[b] / SAMPLES;
#pragma endscop
}
