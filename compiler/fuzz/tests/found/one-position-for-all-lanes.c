// crash: signal 6
// repeat: loopwright fuzz --seed 21 --only 8339
// schedule:
//   reverse(S1, j)
//   vectorize(S1, i, 4)
//   reverse(S1, i)
//   skew(S1, i, j, 2)
//   permute(S1, j, i)
// loops:
//   for j = -3 .. 0
//     vector(4) for i = ceild(j, 2) .. floord(j + 1, 2)
//       for k = 0 .. 1
//         S1(-i, 2*i - j, k)
void reduced(double A[2][2][2], double B[2][2])
{
#pragma scop
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 2; j++) {
      for (int k = 0; k < 2; k++) {
        B[i][j] += A[k][j][i];
      }
    }
  }
#pragma endscop
}
