//= cflags -I..
//= run
//= run --schedule "unroll(S1, j, 4)"
/* Multiply-adds of numbers that the compiler knows when it unrolls: what it computes by itself may be rounded
   twice. That is no wrong result of ours. */
double numbers[7][20];
static const double steps[7] = {0.1, 0.3, 0.7, 1.1, 1.3, 1.7, 1.9};
void fill(void)
{
#pragma scop
  for (int i = 0; i < 7; i++)
    for (int j = 0; j < 20; j++)
      numbers[i][j] = i - 0.1 * j;
  for (int i = 0; i < 7; i++)
    for (int j = 0; j < 20; j++)
      numbers[i][j] -= steps[i] * 0.1 + j;
#pragma endscop
}
