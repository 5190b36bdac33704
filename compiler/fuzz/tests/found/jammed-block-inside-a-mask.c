// pair 2533: native
// native: A: buffer 0, element 4: 2.0 (0x4000000000000000) instead of 0.9413238493725657 (0x3fee1f5331800000); 1 elements differ
// repeat: loopwright fuzz --seed 31 --only 2533
// schedule:
//   tile(S1, j, 2)
//   vectorize(S1, k, 2)
//   permute(S1, k, j_t)
//   unroll_and_jam(S1, j, 2)
// loops:
//   vector(2) for k = 1 .. 1
//     unroll-and-jam(2) for j = 1 .. 2
//       for j_t = ceild(j - 1, 2) .. floord(j, 2)
//         S1(0, j, k)
void reduced(double A[3][2])
{
#pragma scop
  for (int i = 0; i < 1; i++) {
    for (int j = i + 1; j < 3; j++) {
      for (int k = i + 1; k < 2; k++) {
        A[j][k] = 2.0;
      }
    }
  }
#pragma endscop
}
