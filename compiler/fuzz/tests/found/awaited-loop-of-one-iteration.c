// reversed: A[0] differs
// repeat: loopwright fuzz --seed 77 --only 9037
// schedule:
//   tile(S1, i, j, 3, 2)
//   doacross(S1, i_t)
// loops:
//   doacross for i_t = -2 .. 0
//     for i = max(-4, 3*i_t) .. min(0, 3*i_t + 2)
//       S1(i, 0)
void reduced(double A[1])
{
#pragma scop
  for (int i = 4; i >= 0; i--) {
    for (int j = 0; j < 1; j++) {
      A[j] += 2.0;
    }
  }
#pragma endscop
}
