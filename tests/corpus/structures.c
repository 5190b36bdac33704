// Structures whose members are all of one type: arrays of them, pointers to them, arrays in them.
// sizes: n=21 m=7
// sizes: n=9 m=5
// sizes: n=2 m=3
// sizes: n=1 m=1
#define N 24

struct complex { double re, im; };
typedef struct { float x, y, z; } point;
typedef struct { double v[3]; } vector;
typedef struct { unsigned char r, g, b, a; } pixel;
typedef struct { int id; double x; } mixed;

struct complex z[N];
double a[N], b[N];

void members(int n)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    z[i].re = a[i];
    z[i].im = -b[i];
  }
#pragma endscop
}

void products(int n, struct complex x[n], struct complex y[n])
{
#pragma scop
  for (int i = 0; i < n; i++) {
    double re = x[i].re * y[i].re - x[i].im * y[i].im;
    x[i].im = x[i].re * y[i].im + x[i].im * y[i].re;
    x[i].re = re;
  }
#pragma endscop
}

void moved(int n, point *p, const point *v)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    p[i].x += 0.1f * v[i].x;
    p[i].y += 0.1f * v[i].y;
    p[i].z += 0.1f * v[i].z;
  }
#pragma endscop
}

void arrays_inside(int n, vector *x, vector *f)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 3; k++)
      f[i].v[k] = x[i].v[k] * 2.0 - x[i].v[0];
#pragma endscop
}

void grey(int n, int m, pixel image[n][m])
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int j = 0; j < m; j++) {
      int sum = image[i][j].r + image[i][j].g + image[i][j].b;
      image[i][j].r = sum / 3;
      image[i][j].g = sum / 3;
      image[i][j].b = sum / 3;
    }
#pragma endscop
}

void through_pointers(int n, point *p)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    point *q = &p[i];
    q->x = q->y + q->z;
  }
#pragma endscop
}

static void scale(point *p, float by)
{
  p->x *= by;
  p->y *= by;
  p->z *= by;
}

void by_function(int n, point *p)
{
#pragma scop
  for (int i = 0; i < n; i++)
    scale(&p[i], 0.5f);
#pragma endscop
}

void of_two_types(int n, mixed *p)
{
#pragma scop
  for (int i = 0; i < n; i++)
    p[i].x = 1.0;
#pragma endscop
}
