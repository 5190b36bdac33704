//= cflags -I..
//= beside -p n=50
//= beside -p n=50 --schedule "parallelize(S1, i)"
/* The object links beside the user's own and does the same on other arrays. */
float state[3][50];
static int calls;
int asked(void) { return ++calls; }
void decay(int n, float x[3][n])
{
#pragma scop
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 50; j++)
      x[i][j] = 0.5f * x[i][j] + state[i][j];
#pragma endscop
}
