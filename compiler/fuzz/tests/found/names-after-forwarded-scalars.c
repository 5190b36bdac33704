// forward: internal error: invariant P1 is broken: two statements are named S2
// repeat: loopwright fuzz --seed 78 --only 27656
// schedule:
//   divide(S2, j, i + 1)
void reduced(double s0, double B[3][4])
{
#pragma scop
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 4; j++) {
      s0 = B[i][j];
      s0 = s0 + 1.0;
      B[i][j] = s0;
    }
  }
#pragma endscop
}
