/* A wave in a medium of varying speed, fourth order in space, second in time: three fields in turn, a source, and
   absorbing edges. */
#ifdef SMALL
#define N 28
#define T 6
#else
#define N 1000
#define T 60
#endif

static float past[N][N], present[N][N], future[N][N], speed[N][N], damping[N][N];
static float pulse[T];

void init_array(void)
{
    for (int t = 0; t < T; t++)
        pulse[t] = (float)((t * 5) % 9) / 9 - 0.4f;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int edge = i < j ? i : j;
            speed[i][j] = 0.2f + (float)((i / 5 + j / 7) % 3) / 20;
            damping[i][j] = edge < 10 ? 0.9f + 0.01f * edge : 1.0f;
            past[i][j] = present[i][j] = 0.001f * ((i * 7 + j * 3) % 11);
        }
}

void propagate(void)
{
#pragma scop
    for (int t = 0; t < T; t++) {
        for (int i = 2; i < N - 2; i++)
            for (int j = 2; j < N - 2; j++)
                future[i][j] = damping[i][j]
                    * (2.0f * present[i][j] - past[i][j]
                       + speed[i][j]
                           * ((16.0f * (present[i - 1][j] + present[i + 1][j] + present[i][j - 1] + present[i][j + 1])
                               - (present[i - 2][j] + present[i + 2][j] + present[i][j - 2] + present[i][j + 2])
                               - 60.0f * present[i][j]) / 12.0f));
        future[N / 2][N / 2] += pulse[t];
        for (int i = 2; i < N - 2; i++)
            for (int j = 2; j < N - 2; j++) {
                past[i][j] = present[i][j];
                present[i][j] = future[i][j];
            }
    }
#pragma endscop
}
