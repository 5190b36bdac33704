/* For each sample the nearest of some centres and its distance, as a step of clustering does. */
#ifdef SMALL
#define SAMPLES 45
#define CENTRES 5
#define FEATURES 3
#else
#define SAMPLES 40000
#define CENTRES 37
#define FEATURES 13
#endif

static float sample[SAMPLES][FEATURES], centre[CENTRES][FEATURES], distance[SAMPLES];
static int nearest[SAMPLES];

void init_array(void)
{
    for (int i = 0; i < SAMPLES; i++)
        for (int d = 0; d < FEATURES; d++)
            sample[i][d] = (float)((i * 7 + d * 3) % 53) / 53;
    for (int k = 0; k < CENTRES; k++)
        for (int d = 0; d < FEATURES; d++)
            centre[k][d] = (float)((k * 11 + d * 5) % 47) / 47;
}

void assign(void)
{
#pragma scop
    for (int i = 0; i < SAMPLES; i++) {
        distance[i] = 1e30f;
        nearest[i] = -1;
        for (int k = 0; k < CENTRES; k++) {
            float sum = 0;
            for (int d = 0; d < FEATURES; d++) {
                float apart = sample[i][d] - centre[k][d];
                sum += apart * apart;
            }
            if (sum < distance[i]) {
                nearest[i] = k;
                distance[i] = sum;
            }
        }
    }
#pragma endscop
}
