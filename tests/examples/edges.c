/* Edge detection on an 8-bit image: a smoothing pass, two gradients, and a clamped magnitude. */
#ifdef SMALL
#define ROWS 30
#define COLUMNS 52
#else
#define ROWS 1080
#define COLUMNS 1920
#endif
#define ABS(x) ((x) < 0 ? -(x) : (x))
#define CLAMP(x) ((x) > 255 ? 255 : (x))

void edges(unsigned char image[ROWS][COLUMNS], int smooth[ROWS][COLUMNS],
           unsigned char result[ROWS][COLUMNS])
{
    int y, x;
#pragma scop
    for (y = 0; y < ROWS; y++)
        for (x = 1; x < COLUMNS - 1; x++)
            smooth[y][x] = (image[y][x - 1] + 2 * image[y][x] + image[y][x + 1]) >> 2;
    for (y = ROWS - 2; y >= 1; y--)
        for (x = 2; x < COLUMNS - 2; x++)
            result[y][x] = CLAMP(ABS(smooth[y + 1][x] - smooth[y - 1][x])
                                 + ABS(smooth[y][x + 1] - smooth[y][x - 1]));
#pragma endscop
}
