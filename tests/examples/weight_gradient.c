/* Learning, the way back: the gradient of a convolution's filters, summed over a batch of images. */
#ifdef SMALL
#define IMAGES 2
#define INPUTS 3
#define OUTPUTS 4
#define ROWS 8
#define COLUMNS 9
#else
#define IMAGES 8
#define INPUTS 32
#define OUTPUTS 32
#define ROWS 56
#define COLUMNS 56
#endif

static float input[IMAGES][INPUTS][ROWS + 2][COLUMNS + 2];
static float error[IMAGES][OUTPUTS][ROWS][COLUMNS];
static float gradient[OUTPUTS][INPUTS][3][3];

void init_array(void)
{
    for (int n = 0; n < IMAGES; n++) {
        for (int c = 0; c < INPUTS; c++)
            for (int y = 0; y < ROWS + 2; y++)
                for (int x = 0; x < COLUMNS + 2; x++)
                    input[n][c][y][x] = (float)((n + c * 3 + y * 7 + x * 5) % 29) / 29;
        for (int f = 0; f < OUTPUTS; f++)
            for (int y = 0; y < ROWS; y++)
                for (int x = 0; x < COLUMNS; x++)
                    error[n][f][y][x] = (float)((n * 5 + f + y * 3 + x) % 17) / 17 - 0.5f;
    }
}

void backward(void)
{
#pragma scop
    for (int f = 0; f < OUTPUTS; f++)
        for (int c = 0; c < INPUTS; c++)
            for (int p = 0; p < 3; p++)
                for (int q = 0; q < 3; q++) {
                    gradient[f][c][p][q] = 0;
                    for (int n = 0; n < IMAGES; n++)
                        for (int y = 0; y < ROWS; y++)
                            for (int x = 0; x < COLUMNS; x++)
                                gradient[f][c][p][q] += error[n][f][y][x] * input[n][c][y + p][x + q];
                }
#pragma endscop
}
