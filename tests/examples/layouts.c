/* Moving data: a matrix transposed, images from channels first to channels last, and a matrix turned upside down. */
#ifdef SMALL
#define N 37
#define IMAGES 2
#define CHANNELS 3
#define PIXELS 50
#else
#define N 2047
#define IMAGES 8
#define CHANNELS 64
#define PIXELS 3136
#endif

static double matrix[N][N], transposed[N][N], flipped[N][N];
static float first[IMAGES][CHANNELS][PIXELS], last[IMAGES][PIXELS][CHANNELS];

void init_array(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            matrix[i][j] = i * 1.5 + j;
    for (int n = 0; n < IMAGES; n++)
        for (int c = 0; c < CHANNELS; c++)
            for (int p = 0; p < PIXELS; p++)
                first[n][c][p] = (float)(n + c * 3 + p % 100);
}

void transpose(void)
{
#pragma scop
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            transposed[j][i] = matrix[i][j];
#pragma endscop
}

void channels_last(void)
{
#pragma scop
    for (int n = 0; n < IMAGES; n++)
        for (int c = 0; c < CHANNELS; c++)
            for (int p = 0; p < PIXELS; p++)
                last[n][p][c] = first[n][c][p];
#pragma endscop
}

void flip(void)
{
#pragma scop
    for (int i = N - 1; i >= 0; i--)
        for (int j = N - 1; j >= 0; j--)
            flipped[N - 1 - i][N - 1 - j] = matrix[i][j];
#pragma endscop
}
