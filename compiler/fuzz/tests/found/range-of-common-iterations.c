// native: A: an element stayed in a register beside an access that names it as well
// schedule:
//   shift(S3, i, 10)
//   interchange(S3, i, j)
//   tile(S3, i, 2)
//   skew(S2, j, i_t, i, 1, 0)
//   unroll_and_jam(S3, j, 2)
void reduced(double A[2], double B[2])
{
#pragma scop
  for (int i = 0; i < 1; i++) {
    for (int j = 0; j < 2; j++) {
      for (int k = 0; k < 2; k++) {
        A[-2*i] = 0.375 * A[i];
        A[k] = 2.0;
      }
      B[j] = 2.0;
    }
  }
#pragma endscop
}
