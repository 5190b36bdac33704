// reversed: s0 differs
// repeat: loopwright fuzz --seed 3 --only 7835
// schedule:
//   sink(S2, S1, l)
//   promote(S2, s0, l)
//   tile(S2, l, 2)
//   wavefront(S2, l_t, l)
//   shift(S1, l_t, 8)
// loops:
//   for l_t = 0 .. 8
//     parallel for l = ceild(2*l_t - 16, 3) .. 0
//       promote s0 in out
//         if l >= 0 and 2*l_t >= 3*l + 15
//           S1(1, 0, 0, l)
//         if 3*l >= 2*l_t
//           S2(1, 0, 0)
void reduced(double s0, double B[1][7][5])
{
#pragma scop
  for (int i = 1; i < 2; i++) {
    for (int j = 0; j < 1; j++) {
      for (int k = 0; k < 1; k++) {
        for (int l = k; l < 1; l++) {
          B[l][-j + k + 6][-2*i + 6] = 2.0;
        }
        s0 = 2.0;
      }
    }
  }
#pragma endscop
}
