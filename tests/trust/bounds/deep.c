//= cflags -I..
//= says 0 tune FILE --budget 1s
/* Ten loops that each begin where the one around stands: one candidate alone could take LLVM seconds. */
double A[200], B[200];
void f(void)
{
#pragma scop
  for (int i0 = 0; i0 < 3; i0++)
    for (int i1 = i0; i1 < i0 + 2; i1++)
      for (int i2 = i1; i2 < i1 + 2; i2++)
        for (int i3 = i2; i3 < i2 + 2; i3++)
          for (int i4 = i3; i4 < i3 + 2; i4++)
            for (int i5 = i4; i5 < i4 + 2; i5++)
              for (int i6 = i5; i6 < i5 + 2; i6++)
                for (int i7 = i6; i7 < i6 + 2; i7++)
                  for (int i8 = i7; i8 < i7 + 2; i8++)
                    for (int i9 = i8; i9 < i8 + 2; i9++)
                      A[i0 + i2 + i4 + i6 + i8] += B[i1 + i3 + i5 + i7 + i9];
#pragma endscop
}
