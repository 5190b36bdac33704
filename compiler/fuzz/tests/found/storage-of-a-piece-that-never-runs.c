// compile: internal error: the loop tree is ill-formed: an access to s0_expanded is outside of its storage
// repeat: loopwright fuzz --seed 5001 --only 6181
// schedule:
//   expand(S1, s0, j)
//   split(S1, i, 3)
//   promote(S2_2, s0_expanded, j)
// loops:
//   S1(1, 0)
//   S2(1, 0)
void reduced(double s0)
{
#pragma scop
  for (int i = 1; i < 2; i++) {
    for (int j = 0; j < 1; j++) {
      s0 = 2.0;
    }
  }
#pragma endscop
}
