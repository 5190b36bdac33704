// Image processing as people write it.
// sizes: n=21 m=9 h=21 w=9 level=3 delta=7
// sizes: n=9 m=5 h=9 w=5 level=3 delta=7
// sizes: n=3 m=4 h=3 w=4 level=3 delta=7
// sizes: n=1 m=1 h=1 w=1 level=3 delta=7
#include <stdint.h>
#include <string.h>
#define CLAMP(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define AT(p, y, x) (p)[(y) * w + (x)]
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

typedef unsigned char byte;
float mean[3];

void box(int n, int m, float out[n][m], const float in[n][m])
{
#pragma scop
  for (int y = 1; y < n - 1; y++)
    for (int x = 1; x < m - 1; x++) {
      float sum = 0;
      for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
          sum += in[y + dy][x + dx];
      out[y][x] = sum / 9;
    }
#pragma endscop
}

void sobel(int n, int m, byte out[n][m], const byte in[n][m])
{
#pragma scop
  for (int y = 1; y < n - 1; y++)
    for (int x = 1; x < m - 1; x++) {
      int gx = in[y - 1][x + 1] + 2 * in[y][x + 1] + in[y + 1][x + 1]
             - in[y - 1][x - 1] - 2 * in[y][x - 1] - in[y + 1][x - 1];
      int gy = in[y + 1][x - 1] + 2 * in[y + 1][x] + in[y + 1][x + 1]
             - in[y - 1][x - 1] - 2 * in[y - 1][x] - in[y - 1][x + 1];
      int g = (gx < 0 ? -gx : gx) + (gy < 0 ? -gy : gy);
      out[y][x] = g > 255 ? 255 : g;
    }
#pragma endscop
}

void clamped_borders(int n, int m, float out[n][m], const float in[n][m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++) {
      float sum = 0;
      for (int k = -2; k <= 2; k++) {
        int xx = CLAMP(x + k, 0, m - 1);
        sum += in[y][xx];
      }
      out[y][x] = sum * 0.2f;
    }
#pragma endscop
}

void threshold(int n, int m, byte out[n][m], const byte in[n][m], int level)
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      out[y][x] = in[y][x] > level ? 255 : 0;
#pragma endscop
}

void to_grey(int n, int m, byte grey[n][m], const byte rgb[n][m][3])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      grey[y][x] = (77 * rgb[y][x][0] + 150 * rgb[y][x][1] + 29 * rgb[y][x][2]) >> 8;
#pragma endscop
}

void interleaved(int n, const uint8_t *rgb, uint8_t *grey)
{
#pragma scop
  for (int i = 0; i < n; i++)
    grey[i] = (uint8_t)(0.299f * rgb[3 * i] + 0.587f * rgb[3 * i + 1] + 0.114f * rgb[3 * i + 2]);
#pragma endscop
}

void brightness(int n, int m, uint8_t *p, int delta)
{
#pragma scop
  for (int i = 0; i < n * m; i++) {
    int v = p[i] + delta;
    p[i] = v < 0 ? 0 : v > 255 ? 255 : v;
  }
#pragma endscop
}

void flip(int n, int m, byte out[n][m], const byte in[n][m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      out[y][x] = in[y][m - 1 - x];
#pragma endscop
}

void flip_in_place(int n, int m, byte p[n][m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m / 2; x++) {
      byte t = p[y][x];
      p[y][x] = p[y][m - 1 - x];
      p[y][m - 1 - x] = t;
    }
#pragma endscop
}

void turned(int n, int m, byte out[m][n], const byte in[n][m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      out[x][n - 1 - y] = in[y][x];
#pragma endscop
}

void halved(int n, int m, float out[n][m], const float in[2 * n][2 * m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      out[y][x] = 0.25f * (in[2 * y][2 * x] + in[2 * y][2 * x + 1] + in[2 * y + 1][2 * x] + in[2 * y + 1][2 * x + 1]);
#pragma endscop
}

void doubled(int n, int m, float out[2 * n][2 * m], const float in[n][m])
{
#pragma scop
  for (int y = 0; y < 2 * n; y++)
    for (int x = 0; x < 2 * m; x++)
      out[y][x] = in[y / 2][x / 2];
#pragma endscop
}

void integral(int n, int m, long sums[n + 1][m + 1], const byte in[n][m])
{
#pragma scop
  for (int x = 0; x <= m; x++)
    sums[0][x] = 0;
  for (int y = 1; y <= n; y++) {
    long row = 0;
    sums[y][0] = 0;
    for (int x = 1; x <= m; x++) {
      row += in[y - 1][x - 1];
      sums[y][x] = sums[y - 1][x] + row;
    }
  }
#pragma endscop
}

void with_stride(int h, int w, const float *in, float *out)
{
#pragma scop
  for (int y = 1; y < h - 1; y++)
    for (int x = 1; x < w - 1; x++)
      AT(out, y, x) = 0.25f * (AT(in, y - 1, x) + AT(in, y + 1, x) + AT(in, y, x - 1) + AT(in, y, x + 1));
#pragma endscop
}

void by_rows(int n, int m, const byte *in, byte *out)
{
#pragma scop
  for (int y = 0; y < n; y++) {
    const byte *from = in + y * m;
    byte *to = out + (n - 1 - y) * m;
    memcpy(to, from, m);
  }
#pragma endscop
}

void blended(int n, uint8_t *a, const uint8_t *b, const uint8_t *alpha)
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = (a[i] * (255 - alpha[i]) + b[i] * alpha[i] + 127) / 255;
#pragma endscop
}

void dilated(int n, int m, byte out[n][m], const byte in[n][m])
{
#pragma scop
  for (int y = 1; y < n - 1; y++)
    for (int x = 1; x < m - 1; x++) {
      byte most = 0;
      for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++)
          most = MAX(most, in[y + i][x + j]);
      out[y][x] = most;
    }
#pragma endscop
}

void look_up(int n, byte *p, const byte table[256])
{
#pragma scop
  for (int i = 0; i < n; i++)
    p[i] = table[p[i]];
#pragma endscop
}

// rejected: the subscript depends on the data in `p`
void counted(int n, const byte *p, int counts[256])
{
#pragma scop
  for (int i = 0; i < n; i++)
    counts[p[i]]++;
#pragma endscop
}

void planar(int n, int m, float out[3][n][m], const byte in[n][m][3])
{
#pragma scop
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < n; y++)
      for (int x = 0; x < m; x++)
        out[c][y][x] = in[y][x][c] / 255.0f - mean[c];
#pragma endscop
}

void bayer(int n, int m, uint16_t out[n][m], const uint16_t in[n][m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      if ((x & 1) == 0 && (y & 1) == 0)
        out[y][x] = in[y][x] * 2;
      else if ((x ^ y) & 1)
        out[y][x] = in[y][x];
      else
        out[y][x] = in[y][x] >> 1;
#pragma endscop
}

void wrapped(int n, int m, float out[n][m], const float in[n][m])
{
#pragma scop
  for (int y = 0; y < n; y++)
    for (int x = 0; x < m; x++)
      out[y][x] = in[(y + 1) % n][x] + in[(y + n - 1) % n][x] + in[y][(x + 1) % m] + in[y][(x + m - 1) % m];
#pragma endscop
}
