//= cflags -I..
//= run -p loopwright_0=2 --function loopwright
//= linked -p loopwright_0=2 --function loopwright
//= printed -p loopwright_0=2 --function loopwright
/* Names that we use ourselves. */
#include "print.h"
double loopwright_buffers[20], buffers[20];
int loopwright_0 = 2;
double loopwright_parameters = 0.5;
void loopwright(long loopwright_i, double parameters[20])
{
  double loopwright_kept = 3;
#pragma scop
  for (int i = 0; i < 20; i++)
    loopwright_buffers[i] = loopwright_parameters * parameters[i] + buffers[i] + loopwright_kept + loopwright_0;
#pragma endscop
}
int main(void)
{
  double parameters[20];
  for (int i = 0; i < 20; i++)
    parameters[i] = buffers[i] = i;
  loopwright(3, parameters);
  SHOW(loopwright_buffers);
}
