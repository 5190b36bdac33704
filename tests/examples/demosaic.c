/* A colour image from a sensor whose pixels see one colour each (red and green, green and blue in turn), 16 bits a
   pixel: what a pixel did not see is the mean of its neighbours. Then a matrix of colours and a gain. */
#include <stdint.h>

#ifdef SMALL
#define HALF_ROWS 12
#define HALF_COLUMNS 18
#else
#define HALF_ROWS 600
#define HALF_COLUMNS 800
#endif
#define ROWS (2 * HALF_ROWS + 2)
#define COLUMNS (2 * HALF_COLUMNS + 2)

static uint16_t raw[ROWS][COLUMNS];
static int red[ROWS][COLUMNS], green[ROWS][COLUMNS], blue[ROWS][COLUMNS];
static uint8_t picture[3][ROWS][COLUMNS];

void init_array(void)
{
    for (int y = 0; y < ROWS; y++)
        for (int x = 0; x < COLUMNS; x++)
            raw[y][x] = (uint16_t)((y * 131 + x * 71 + (y * x) % 13) % 1024);
}

void demosaic(void)
{
#pragma scop
    for (int y = 1; y <= HALF_ROWS; y++)
        for (int x = 1; x <= HALF_COLUMNS; x++) {
            red[2 * y][2 * x] = raw[2 * y][2 * x];
            green[2 * y][2 * x] = (raw[2 * y - 1][2 * x] + raw[2 * y + 1][2 * x]
                                   + raw[2 * y][2 * x - 1] + raw[2 * y][2 * x + 1] + 2) >> 2;
            blue[2 * y][2 * x] = (raw[2 * y - 1][2 * x - 1] + raw[2 * y - 1][2 * x + 1]
                                  + raw[2 * y + 1][2 * x - 1] + raw[2 * y + 1][2 * x + 1] + 2) >> 2;
            red[2 * y][2 * x - 1] = (raw[2 * y][2 * x - 2] + raw[2 * y][2 * x] + 1) >> 1;
            green[2 * y][2 * x - 1] = raw[2 * y][2 * x - 1];
            blue[2 * y][2 * x - 1] = (raw[2 * y - 1][2 * x - 1] + raw[2 * y + 1][2 * x - 1] + 1) >> 1;
        }
    for (int y = 1; y <= HALF_ROWS; y++)
        for (int x = 1; x <= HALF_COLUMNS; x++) {
            red[2 * y - 1][2 * x] = (raw[2 * y - 2][2 * x] + raw[2 * y][2 * x] + 1) >> 1;
            green[2 * y - 1][2 * x] = raw[2 * y - 1][2 * x];
            blue[2 * y - 1][2 * x] = (raw[2 * y - 1][2 * x - 1] + raw[2 * y - 1][2 * x + 1] + 1) >> 1;
            red[2 * y - 1][2 * x - 1] = (raw[2 * y - 2][2 * x - 2] + raw[2 * y - 2][2 * x]
                                         + raw[2 * y][2 * x - 2] + raw[2 * y][2 * x] + 2) >> 2;
            green[2 * y - 1][2 * x - 1] = (raw[2 * y - 2][2 * x - 1] + raw[2 * y][2 * x - 1]
                                           + raw[2 * y - 1][2 * x - 2] + raw[2 * y - 1][2 * x] + 2) >> 2;
            blue[2 * y - 1][2 * x - 1] = raw[2 * y - 1][2 * x - 1];
        }
    for (int y = 1; y < ROWS - 1; y++)
        for (int x = 1; x < COLUMNS - 1; x++) {
            int r = (422 * red[y][x] - 105 * green[y][x] - 61 * blue[y][x]) >> 10;
            int g = (390 * green[y][x] - 72 * red[y][x] - 62 * blue[y][x]) >> 10;
            int b = (410 * blue[y][x] - 18 * red[y][x] - 136 * green[y][x]) >> 10;
            picture[0][y][x] = r < 0 ? 0 : r > 255 ? 255 : r;
            picture[1][y][x] = g < 0 ? 0 : g > 255 ? 255 : g;
            picture[2][y][x] = b < 0 ? 0 : b > 255 ? 255 : b;
        }
#pragma endscop
}
