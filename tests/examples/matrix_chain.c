/* E = (A B) (C D), written with temporaries, in single precision. */
#ifdef SMALL
enum { P = 25, Q = 30, R = 20, S = 27, T = 22 };
#else
enum { P = 500, Q = 600, R = 400, S = 550, T = 450 };
#endif

struct unused { int not_in_the_region; };

static void chain(const float A[restrict P][Q], const float B[restrict Q][R],
                  const float C[restrict R][S], const float D[restrict S][T],
                  float AB[restrict P][R], float CD[restrict R][T], float E[restrict P][T])
{
#pragma scop
    for (int i = 0; i < P; i++)
        for (int j = 0; j < R; j++) {
            AB[i][j] = 0;
            for (int k = 0; k < Q; k++)
                AB[i][j] += A[i][k] * B[k][j];
        }
    for (int i = 0; i < R; i++)
        for (int j = 0; j < T; j++) {
            CD[i][j] = 0;
            for (int k = 0; k < S; k++)
                CD[i][j] += C[i][k] * D[k][j];
        }
    for (int i = 0; i < P; i++)
        for (int j = 0; j < T; j++) {
            E[i][j] = 0;
            for (int k = 0; k < R; k++)
                E[i][j] += AB[i][k] * CD[k][j];
        }
#pragma endscop
}

void (*const keep)(const float[restrict P][Q], const float[restrict Q][R],
                   const float[restrict R][S], const float[restrict S][T],
                   float[restrict P][R], float[restrict R][T], float[restrict P][T]) = chain;
