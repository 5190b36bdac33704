/* A depthwise separable convolution: 3x3 within each channel, with a stride of two, then 1x1 across the channels. */
#ifdef SMALL
#define C 6
#define F 7
#define H 10
#define W 12
#else
#define C 96
#define F 128
#define H 56
#define W 56
#endif

float image[C][2 * H + 1][2 * W + 1];
float filter[C][3][3];
float point[F][C];
float middle[C][H][W];
float result[F][H][W];

void init_array(void)
{
    for (int c = 0; c < C; c++) {
        for (int y = 0; y < 2 * H + 1; y++)
            for (int x = 0; x < 2 * W + 1; x++)
                image[c][y][x] = (float)((c * 3 + y * 5 + x) % 17) / 17;
        for (int p = 0; p < 3; p++)
            for (int q = 0; q < 3; q++)
                filter[c][p][q] = (float)((c + p * 3 + q) % 9) / 9 - 0.5f;
        for (int f = 0; f < F; f++)
            point[f][c] = (float)((c * 7 + f) % 13) / 13 - 0.5f;
    }
}

void separable(void)
{
    int c, f, y, x, p, q;
#pragma scop
    for (c = 0; c < C; c++)
        for (y = 0; y < H; y++)
            for (x = 0; x < W; x++) {
                middle[c][y][x] = 0;
                for (p = 0; p < 3; p++)
                    for (q = 0; q < 3; q++)
                        middle[c][y][x] += filter[c][p][q] * image[c][2 * y + p][2 * x + q];
            }
    for (f = 0; f < F; f++)
        for (y = 0; y < H; y++)
            for (x = 0; x < W; x++) {
                result[f][y][x] = 0;
                for (c = 0; c < C; c++)
                    result[f][y][x] += point[f][c] * middle[c][y][x];
            }
#pragma endscop
}
