/* Unsharp masking of a colour image: a separable blur of nine taps, down the columns and along the rows, and what it
   took away, added again where it is more than a threshold. */
#ifdef SMALL
#define HEIGHT 24
#define WIDTH 40
#else
#define HEIGHT 1024
#define WIDTH 1536
#endif
#define TAPS 9
#define HALF (TAPS / 2)

static float image[3][HEIGHT][WIDTH];
static float down[3][HEIGHT][WIDTH];
static float blurred[3][HEIGHT][WIDTH];
static float sharp[3][HEIGHT][WIDTH];
static const float tap[TAPS] = { 0.02f, 0.05f, 0.12f, 0.19f, 0.24f, 0.19f, 0.12f, 0.05f, 0.02f };

void init_array(void)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                image[c][y][x] = (float)((c * 91 + y * 37 + x * 11 + (x * y) % 7) % 256) / 255;
}

void sharpen(void)
{
#pragma scop
    for (int c = 0; c < 3; c++)
        for (int y = HALF; y < HEIGHT - HALF; y++)
            for (int x = 0; x < WIDTH; x++) {
                down[c][y][x] = 0.0f;
                for (int t = 0; t < TAPS; t++)
                    down[c][y][x] += tap[t] * image[c][y + t - HALF][x];
            }
    for (int c = 0; c < 3; c++)
        for (int y = HALF; y < HEIGHT - HALF; y++)
            for (int x = HALF; x < WIDTH - HALF; x++) {
                blurred[c][y][x] = 0.0f;
                for (int t = 0; t < TAPS; t++)
                    blurred[c][y][x] += tap[t] * down[c][y][x + t - HALF];
            }
    for (int c = 0; c < 3; c++)
        for (int y = HALF; y < HEIGHT - HALF; y++)
            for (int x = HALF; x < WIDTH - HALF; x++) {
                float detail = image[c][y][x] - blurred[c][y][x];
                float kept = detail > 0.05f || detail < -0.05f ? detail : 0.0f;
                sharp[c][y][x] = image[c][y][x] + 1.5f * kept;
            }
#pragma endscop
}
