//= cflags -I..
//= says 3 compile FILE --run | fill_from_disk
/* The initialising function needs what is missing: it is named. */
double A[64];
void fill_from_disk(double *);
void init_array(void) { fill_from_disk(A); }
void k(void)
{
#pragma scop
  for (int i = 0; i < 64; i++)
    A[i] *= 2.0;
#pragma endscop
}
