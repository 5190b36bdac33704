// native: B: buffer 1, element 1: 0.24997581380193878 (0x3fcfff351c890000) instead of 0.14061139526359057 (0x3fc1ff8de00d1000); 1 elements differ
// repeat: loopwright fuzz --seed 2027 --only 4970
// schedule:
//   sink(S3, S2, j, 1)
//   skew(S3, i, j, 2)
//   unroll_and_jam(S2, i, 2)
// loops:
//   unroll-and-jam(2) for i = 0 .. 1
//     for j = 2*i .. 2*i + 1
//       if 3*i >= j
//         for k = 2 .. 3
//           for l = 0 .. k - 2
//             S1(i, -2*i + j, k, l)
//             S2(i, -2*i + j, k, l)
//       if 2*i = j - 1
//         S3(i)
void reduced(double A[2], double B[4])
{
#pragma scop
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < i + 1; j++) {
      for (int k = 0; k < 4; k++) {
        for (int l = 0; l < k - 1; l++) {
          B[i] = B[1] * 0.75;
          B[l + 2] = 2.0;
        }
      }
    }
    A[i] = 2.0;
  }
#pragma endscop
}
