// Numbers and pointers in structures.
// sizes: n=21 m_rows=9 m_cols=7 m_ld=8 v_n=9 p_grid_n=9 p_grid_m=4
// sizes: n=9 m_rows=5 m_cols=3 m_ld=5 v_n=5 p_grid_n=5 p_grid_m=3
// sizes: n=2 m_rows=2 m_cols=1 m_ld=3 v_n=2 p_grid_n=2 p_grid_m=1
// sizes: n=1 m_rows=1 m_cols=1 m_ld=1 v_n=1 p_grid_n=1 p_grid_m=1
#include <stddef.h>
#define AT(m, i, j) ((m)->data[(i) * (m)->ld + (j)])

struct matrix { int rows, cols, ld; double *data; };
typedef struct { size_t n; float *x; } vector;
typedef struct { double dt, dx; int n; } settings;
typedef struct { struct { int n, m; } grid; double *u, *v; } problem;
typedef struct { int id; double x, y, z; char kind; } particle;
typedef struct { float w[4]; int tag; } node;

void filled(struct matrix *m)
{
#pragma scop
  for (int i = 0; i < m->rows; i++)
    for (int j = 0; j < m->cols; j++)
      m->data[i * m->ld + j] = i + 2 * j;
#pragma endscop
}

void by_macro(const struct matrix *m, int n, double out[n])
{
#pragma scop
  for (int i = 0; i < m->rows; i++) {
    double sum = 0;
    for (int j = 0; j < m->cols; j++)
      sum += AT(m, i, j);
    out[i] = sum;
  }
#pragma endscop
}

void by_value(vector v)
{
#pragma scop
  for (size_t i = 0; i < v.n; i++)
    v.x[i] *= 2.0f;
#pragma endscop
}

void constants(const settings *s, int n, double a[n])
{
#pragma scop
  for (int i = 1; i < n; i++)
    a[i] += s->dt / s->dx * a[i - 1];
#pragma endscop
}

void nested(problem *p)
{
#pragma scop
  for (int i = 0; i < p->grid.n; i++)
    for (int j = 0; j < p->grid.m; j++)
      p->u[i * p->grid.m + j] = p->v[i * p->grid.m + j] * 0.5;
#pragma endscop
}

static double get(const struct matrix *m, int i, int j) { return m->data[i * m->ld + j]; }
static void set(struct matrix *m, int i, int j, double x) { m->data[i * m->ld + j] = x; }

void by_functions(struct matrix *m)
{
#pragma scop
  for (int i = 0; i < m->rows; i++)
    for (int j = 0; j < m->cols; j++)
      set(m, i, j, 2.0 * get(m, i, j));
#pragma endscop
}

void of_particles(int n, particle *p)
{
#pragma scop
  for (int i = 0; i < n; i++) {
    p[i].x += 0.1 * p[i].y;
    p[i].z = p[i].x * p[i].x;
  }
#pragma endscop
}

void pairs_of_particles(int n, particle *p, double *energy)
{
#pragma scop
  *energy = 0;
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) {
      double x = p[i].x - p[j].x, y = p[i].y - p[j].y;
      *energy += 1.0 / (x * x + y * y + 0.01);
    }
#pragma endscop
}

void arrays_in_mixed(int n, node *p)
{
#pragma scop
  for (int i = 0; i < n; i++)
    for (int k = 0; k < 4; k++)
      p[i].w[k] = p[i].w[k] * 2.0f + k;
#pragma endscop
}

// rejected: a member of another type than most others of its structure cannot be used in a region
void of_the_other_type(int n, particle *p)
{
#pragma scop
  for (int i = 0; i < n; i++)
    if (p[i].id > 0)
      p[i].x = 0;
#pragma endscop
}

struct layer { int n; double *w; };
// rejected: a member of another type than most others of its structure cannot be used in a region
void pointers_in_array(int n, struct layer *layers)
{
#pragma scop
  for (int l = 0; l < 2; l++)
    for (int i = 0; i < n; i++)
      layers[l].w[i] = 0.0;
#pragma endscop
}

union number { int i; float f; };
// rejected: a member of a structure cannot be used in a region
void of_union(int n, union number *u)
{
#pragma scop
  for (int i = 0; i < n; i++)
    u[i].f = 1.0f;
#pragma endscop
}

struct field { int n; double u[12][10]; float w[12]; struct { int m; double v[12][10]; } inner; double dt; };
struct field whole;
static struct field hidden;
union both { double x; long bits; };
struct tagged { union both number; double a[12]; };

void arrays_by_pointer(struct field *f)
{
#pragma scop
  for (int i = 1; i < 11; i++)
    for (int j = 1; j < 9; j++)
      f->inner.v[i][j] = f->u[i][j] + f->dt * (f->u[i + 1][j] - 2 * f->u[i][j] + f->u[i - 1][j]) * f->w[i];
#pragma endscop
}

void arrays_in_place(struct field *f)
{
#pragma scop
  for (int t = 0; t < 3; t++)
    for (int i = 1; i < 11; i++)
      for (int j = 1; j < 9; j++)
        f->u[i][j] = 0.25 * (f->u[i - 1][j] + f->u[i + 1][j] + f->u[i][j - 1] + f->u[i][j + 1]);
#pragma endscop
}

void arrays_at_file_scope(void)
{
#pragma scop
  for (int i = 0; i < 12; i++)
    for (int j = 0; j < 10; j++) {
      whole.u[i][j] *= whole.dt;
      whole.inner.v[i][j] = whole.u[i][j] + whole.w[i];
    }
  whole.dt += 0.5;
#pragma endscop
}

void rows_of_a_member(struct field *f, const struct field *g)
{
#pragma scop
  for (int i = 0; i < 12; i++) {
    double *row = f->u[i];
    const double *other = g->u[11 - i];
    for (int j = 0; j < 10; j++)
      row[j] += other[j];
  }
#pragma endscop
}

void arrays_of_two_structures(struct field *f, const struct field *g, int n, double a[n])
{
#pragma scop
  for (int i = 0; i < 12; i++)
    for (int j = 0; j < 10; j++)
      f->u[i][j] = g->u[i][j] - g->inner.v[i][j] * hidden.w[i];
  for (int i = 0; i < n; i++)
    a[i] = f->u[0][0];
#pragma endscop
}

// rejected: a member of a structure cannot be used in a region
void of_a_union(struct tagged *t, int n, double a[n])
{
#pragma scop
  for (int i = 0; i < n; i++)
    a[i] = t->number.x + t->number.bits + t->a[3];
#pragma endscop
}
