//= cflags -I..
//= cflags -fno-builtin
//= run -p signgam=3 -p environ=4
//= linked -p signgam=3 -p environ=4
//= printed -p signgam=3 -p environ=4
/* Names that the C library has, too, as variables of the file. */
double y1[40], gamma[40], j0[40];
int signgam = 3, environ = 4;
int show(const void *, unsigned long);
void index(void)
{
#pragma scop
  for (int i = 0; i < 40; i++)
    y1[i] = gamma[i] * j0[i] + signgam + environ;
#pragma endscop
}
void time(void)
{
  for (int i = 0; i < 40; i++) {
    gamma[i] = 0.5 * i;
    j0[i] = 1 - i;
  }
}
