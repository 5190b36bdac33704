// Simulations as people write them.
// sizes: n=20 m=7 nx=20 ny=7
// sizes: n=9 m=5 nx=9 ny=5
// sizes: n=3 m=3 nx=3 ny=3
// sizes: n=1 m=1 nx=1 ny=1
#include <math.h>
#include <string.h>
#define N 24
#define SQ(x) ((x) * (x))
#define IDX(i, j) ((i) * ny + (j))

double u[N][N], un[N][N], p[N][N];
static double ex[N][N], ey[N][N], hz[N][N];
double px[N], py[N], vx[N], vy[N], fx[N], fy[N], mass[N];
double dt, dx;

void heat(int n, int steps)
{
#pragma scop
  for (int t = 0; t < 3; t++) {
    for (int i = 1; i < n - 1; i++)
      for (int j = 1; j < n - 1; j++)
        un[i][j] = u[i][j] + 0.1 * (u[i + 1][j] + u[i - 1][j] + u[i][j + 1] + u[i][j - 1] - 4 * u[i][j]);
    for (int i = 1; i < n - 1; i++)
      for (int j = 1; j < n - 1; j++)
        u[i][j] = un[i][j];
  }
#pragma endscop
}

void alternating(int n, double a[2][n])
{
#pragma scop
  for (int t = 0; t < 4; t++)
    for (int i = 1; i < n - 1; i++)
      a[(t + 1) % 2][i] = (a[t % 2][i - 1] + a[t % 2][i] + a[t % 2][i + 1]) / 3;
#pragma endscop
}

void maxwell(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 1; j < n; j++)
      ex[i][j] += 0.5 * (hz[i][j] - hz[i][j - 1]);
  for (int i = 1; i < n; i++)
    for (int j = 0; j < n; j++)
      ey[i][j] -= 0.5 * (hz[i][j] - hz[i - 1][j]);
  for (int i = 0; i < n - 1; i++)
    for (int j = 0; j < n - 1; j++)
      hz[i][j] -= 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
#pragma endscop
}

void attraction(int n)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    fx[i] = fy[i] = 0;
    for (int j = 0; j < n; j++) {
      if (i == j)
        continue;
      double x = px[j] - px[i], y = py[j] - py[i];
      double d2 = x * x + y * y + 1e-9;
      double inv = mass[j] / (d2 * sqrt(d2));
      fx[i] += x * inv;
      fy[i] += y * inv;
    }
  }
#pragma endscop
}

void pairs(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) {
      double x = px[j] - px[i], y = py[j] - py[i];
      double f = 1.0 / (SQ(x) + SQ(y) + 0.1);
      fx[i] += f * x; fy[i] += f * y;
      fx[j] -= f * x; fy[j] -= f * y;
    }
#pragma endscop
}

void cut_off(int n)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double x = px[j] - px[i];
      double r2 = x * x;
      if (r2 < 25.0 && i != j)
        fx[i] += x / (r2 + 1.0);
    }
#pragma endscop
}

void moved(int n)
{
#pragma scop
  for (int i = 0; i < n; ++i) {
    vx[i] += dt * fx[i] / mass[i];
    vy[i] += dt * fy[i] / mass[i];
    px[i] += dt * vx[i];
    py[i] += dt * vy[i];
  }
#pragma endscop
}

void reflected(int n)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    if (px[i] < 0) {
      px[i] = -px[i];
      vx[i] = -vx[i];
    } else if (px[i] > 1) {
      px[i] = 2 - px[i];
      vx[i] = -vx[i];
    }
  }
#pragma endscop
}

double energy;
void kinetic(int n)
{
#pragma scop
  energy = 0.0;
  for (int i = 0; i < n; i++)
    energy += 0.5 * mass[i] * (vx[i] * vx[i] + vy[i] * vy[i]);
#pragma endscop
}

void red_black(int n)
{
#pragma scop
  for (int colour = 0; colour < 2; colour++)
    for (int i = 1; i < n - 1; i++)
      for (int j = 1 + (i + colour) % 2; j < n - 1; j += 2)
        p[i][j] = 0.25 * (p[i - 1][j] + p[i + 1][j] + p[i][j - 1] + p[i][j + 1]);
#pragma endscop
}

void pressure(int nx, int ny, double *a, const double *b)
{
  int i, j;
#pragma scop
  for (i = 1; i < nx - 1; i++)
    for (j = 1; j < ny - 1; j++)
      a[IDX(i, j)] = (b[IDX(i + 1, j)] + b[IDX(i - 1, j)] + b[IDX(i, j + 1)] + b[IDX(i, j - 1)]) * 0.25;
#pragma endscop
}

void borders(int n)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    u[i][0] = u[i][1];
    u[i][n - 1] = 0;
    u[0][i] = 1.0;
  }
#pragma endscop
}

void upwind(int n, double q[n], double c[n])
{
#pragma scop
  for (int i = 1; i < n - 1; i++) {
    double gradient = c[i] > 0 ? q[i] - q[i - 1] : q[i + 1] - q[i];
    c[i] = c[i] - dt / dx * gradient;
  }
#pragma endscop
}

void limiter(int n, double s[n], const double q[n])
{
#pragma scop
  for (int i = 1; i < n - 1; i++) {
    double l = q[i] - q[i - 1], r = q[i + 1] - q[i];
    s[i] = l * r > 0 ? (fabs(l) < fabs(r) ? l : r) : 0;
  }
#pragma endscop
}

void residual(int n, double *worst)
{
#pragma scop
  *worst = 0;
  for (int i = 1; i < n - 1; i++)
    for (int j = 1; j < n - 1; j++) {
      double r = fabs(u[i + 1][j] + u[i - 1][j] - 2 * u[i][j]);
      if (r > *worst)
        *worst = r;
    }
#pragma endscop
}

void tridiagonal(int n, double a[n], double b[n], double c[n], double d[n])
{
#pragma scop
  for (int i = 1; i < n; i++) {
    double w = a[i] / b[i - 1];
    b[i] -= w * c[i - 1];
    d[i] -= w * d[i - 1];
  }
  d[n - 1] /= b[n - 1];
  for (int i = n - 2; i >= 0; i--)
    d[i] = (d[i] - c[i] * d[i + 1]) / b[i];
#pragma endscop
}

void lattice(int n, double f[9][n][n], double rho[n][n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      rho[i][j] = 0;
      for (int q = 0; q < 9; q++)
        rho[i][j] += f[q][i][j];
    }
#pragma endscop
}

void cleared(int n)
{
#pragma scop
  memset(fx, 0, sizeof fx);
  memset(fy, 0, sizeof(fy));
  for (int i = 0; i < n; i++)
    fx[i] += mass[i];
#pragma endscop
}

void three_dimensional(int n, int m, double (*a)[m][n], double (*b)[m][n])
{
#pragma scop
  for (int k = 1; k < n - 1; k++)
    for (int j = 1; j < m - 1; j++)
      for (int i = 1; i < n - 1; i++)
        b[k][j][i] = a[k][j][i] + 0.1 * (a[k - 1][j][i] + a[k + 1][j][i] + a[k][j - 1][i] + a[k][j + 1][i] + a[k][j][i - 1] + a[k][j][i + 1]);
#pragma endscop
}
