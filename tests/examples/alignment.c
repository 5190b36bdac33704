/* The best local alignment of two sequences (Smith and Waterman), with a linear penalty for gaps. */
#ifdef SMALL
#define N 50
#define M 60
#else
#define N 4000
#define M 5000
#endif
#define MAX(a, b) ((a) > (b) ? (a) : (b))

static char first[N + 1], second[M + 1];
static int score[N + 1][M + 1];
static int best[N + 1];

void init_array(void)
{
    for (int i = 0; i <= N; i++)
        first[i] = "ACGT"[(i * i + 3 * i) % 7 % 4];
    for (int j = 0; j <= M; j++)
        second[j] = "ACGT"[(j * j * j + j) % 11 % 4];
}

void align(void)
{
#pragma scop
    for (int i = 0; i <= N; i++)
        score[i][0] = 0;
    for (int j = 0; j <= M; j++)
        score[0][j] = 0;
    for (int i = 1; i <= N; i++) {
        best[i] = 0;
        for (int j = 1; j <= M; j++) {
            int diagonal = score[i - 1][j - 1] + (first[i] == second[j] ? 5 : -3);
            int gap = MAX(score[i - 1][j], score[i][j - 1]) - 4;
            score[i][j] = MAX(MAX(diagonal, gap), 0);
            best[i] = MAX(best[i], score[i][j]);
        }
    }
#pragma endscop
}
