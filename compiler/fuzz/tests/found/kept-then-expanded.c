// forward: expanded: A[0][4] differs
// repeat: loopwright fuzz --seed 9001 --only 168454
// schedule:
//   keep(S2, s1, l)
//   expand(S3, s1, i)
void reduced(double A[1][11], double s1)
{
#pragma scop
  for (int i = 0; i < 1; i++) {
    for (int j = 0; j < 1; j++) {
      s1 = 2.0;
    }
    for (int j = i; j < 2 && j < i + 4; j++) {
      for (int k = 0; k < j; k++) {
        for (int l = 2; l < -i + 9; l++) {
          A[i][-i + l + 2] = s1;
        }
      }
    }
  }
#pragma endscop
}
