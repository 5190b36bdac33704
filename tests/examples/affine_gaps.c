/* Global alignments of many pairs of short reads, with gaps that cost more to open than to go on (Gotoh). */
#ifdef SMALL
#define PAIRS 5
#define LENGTH 20
#else
#define PAIRS 64
#define LENGTH 300
#endif
#define OPEN 6.0f
#define EXTEND 1.0f

static float similarity[PAIRS][LENGTH + 1][LENGTH + 1];
static float match[PAIRS][LENGTH + 1][LENGTH + 1];
static float gap_a[PAIRS][LENGTH + 1][LENGTH + 1];
static float gap_b[PAIRS][LENGTH + 1][LENGTH + 1];

void init_array(void)
{
    for (int p = 0; p < PAIRS; p++)
        for (int i = 0; i <= LENGTH; i++)
            for (int j = 0; j <= LENGTH; j++)
                similarity[p][i][j] = (i * 7 + p) % 4 == (j * 5 + p) % 4 ? 4.0f : -2.0f;
}

void align_all(void)
{
#pragma scop
    for (int p = 0; p < PAIRS; p++) {
        match[p][0][0] = 0.0f;
        gap_a[p][0][0] = -OPEN;
        gap_b[p][0][0] = -OPEN;
        for (int k = 1; k <= LENGTH; k++) {
            match[p][k][0] = -1000.0f;
            match[p][0][k] = -1000.0f;
            gap_a[p][k][0] = gap_a[p][k - 1][0] - EXTEND;
            gap_a[p][0][k] = -1000.0f;
            gap_b[p][0][k] = gap_b[p][0][k - 1] - EXTEND;
            gap_b[p][k][0] = -1000.0f;
        }
        for (int i = 1; i <= LENGTH; i++)
            for (int j = 1; j <= LENGTH; j++) {
                float open_a = match[p][i - 1][j] - OPEN;
                float on_a = gap_a[p][i - 1][j] - EXTEND;
                float open_b = match[p][i][j - 1] - OPEN;
                float on_b = gap_b[p][i][j - 1] - EXTEND;
                float before = match[p][i - 1][j - 1];
                before = before > gap_a[p][i - 1][j - 1] ? before : gap_a[p][i - 1][j - 1];
                before = before > gap_b[p][i - 1][j - 1] ? before : gap_b[p][i - 1][j - 1];
                gap_a[p][i][j] = open_a > on_a ? open_a : on_a;
                gap_b[p][i][j] = open_b > on_b ? open_b : on_b;
                match[p][i][j] = before + similarity[p][i][j];
            }
    }
#pragma endscop
}
