// crash: signal 6
// schedule:
//   vectorize(S1, j, 8)
//   tile(S1, j, 2)
//   peel(S1, i, -1)
//   promote(S1_2, B, i)
//   interchange(S1_2, j, j_t)
//   parallelize(S1_2, i)
void reduced(double A[2][1], double B[1])
{
#pragma scop
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < i; j++) {
      B[j] += A[i][j];
    }
  }
#pragma endscop
}
