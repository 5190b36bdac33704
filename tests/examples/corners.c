/* Harris' corner detector: Sobel gradients, their products, sums over 3x3 windows, and the response. */
#ifdef SMALL
#define ROWS 30
#define COLUMNS 44
#else
#define ROWS 1200
#define COLUMNS 1600
#endif

void init_array(float image[ROWS][COLUMNS])
{
    for (int y = 0; y < ROWS; y++)
        for (int x = 0; x < COLUMNS; x++)
            image[y][x] = (float)(((x / 8 + y / 8) % 2) * 100 + (x * 3 + y * 5) % 29) / 128;
}

void corners(float image[ROWS][COLUMNS], float dx[ROWS][COLUMNS], float dy[ROWS][COLUMNS],
             float sxx[ROWS][COLUMNS], float sxy[ROWS][COLUMNS], float syy[ROWS][COLUMNS],
             float response[ROWS][COLUMNS])
{
#pragma scop
    for (int y = 1; y < ROWS - 1; y++)
        for (int x = 1; x < COLUMNS - 1; x++) {
            dx[y][x] = (image[y - 1][x + 1] - image[y - 1][x - 1]
                        + 2.0f * (image[y][x + 1] - image[y][x - 1])
                        + image[y + 1][x + 1] - image[y + 1][x - 1]) * (1.0f / 12);
            dy[y][x] = (image[y + 1][x - 1] - image[y - 1][x - 1]
                        + 2.0f * (image[y + 1][x] - image[y - 1][x])
                        + image[y + 1][x + 1] - image[y - 1][x + 1]) * (1.0f / 12);
        }
    for (int y = 2; y < ROWS - 2; y++)
        for (int x = 2; x < COLUMNS - 2; x++) {
            sxx[y][x] = 0.0f;
            sxy[y][x] = 0.0f;
            syy[y][x] = 0.0f;
            for (int p = -1; p <= 1; p++)
                for (int q = -1; q <= 1; q++) {
                    sxx[y][x] += dx[y + p][x + q] * dx[y + p][x + q];
                    sxy[y][x] += dx[y + p][x + q] * dy[y + p][x + q];
                    syy[y][x] += dy[y + p][x + q] * dy[y + p][x + q];
                }
        }
    for (int y = 2; y < ROWS - 2; y++)
        for (int x = 2; x < COLUMNS - 2; x++) {
            float trace = sxx[y][x] + syy[y][x];
            response[y][x] = sxx[y][x] * syy[y][x] - sxy[y][x] * sxy[y][x] - 0.04f * trace * trace;
        }
#pragma endscop
}
