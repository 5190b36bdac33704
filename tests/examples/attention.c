/* Attention of one head in single precision: scores of all pairs of positions, a softmax of each row that
   cannot overflow, and the weighted sum of the values. */
#include <math.h>

#ifdef SMALL
#define LENGTH 24
#define DEPTH 8
#else
#define LENGTH 512
#define DEPTH 64
#endif

static const float scale = 0.125f;

void init_array(float query[LENGTH][DEPTH], float key[LENGTH][DEPTH], float value[LENGTH][DEPTH])
{
    for (int i = 0; i < LENGTH; i++)
        for (int d = 0; d < DEPTH; d++) {
            query[i][d] = (float)((i * 13 + d * 7) % 31) / 31 - 0.5f;
            key[i][d] = (float)((i * 5 + d * 17) % 29) / 29 - 0.5f;
            value[i][d] = (float)((i + d) % 37) / 37;
        }
}

void attention(float query[LENGTH][DEPTH], float key[LENGTH][DEPTH], float value[LENGTH][DEPTH],
               float score[LENGTH][LENGTH], float highest[LENGTH], float total[LENGTH],
               float out[LENGTH][DEPTH])
{
#pragma scop
    for (int i = 0; i < LENGTH; i++)
        for (int j = 0; j < LENGTH; j++) {
            score[i][j] = 0.0f;
            for (int d = 0; d < DEPTH; d++)
                score[i][j] += query[i][d] * key[j][d];
            score[i][j] *= scale;
        }
    for (int i = 0; i < LENGTH; i++) {
        highest[i] = score[i][0];
        for (int j = 1; j < LENGTH; j++)
            highest[i] = fmaxf(highest[i], score[i][j]);
        total[i] = 0.0f;
        for (int j = 0; j < LENGTH; j++) {
            score[i][j] = expf(score[i][j] - highest[i]);
            total[i] += score[i][j];
        }
        for (int j = 0; j < LENGTH; j++)
            score[i][j] /= total[i];
    }
    for (int i = 0; i < LENGTH; i++)
        for (int d = 0; d < DEPTH; d++) {
            out[i][d] = 0.0f;
            for (int j = 0; j < LENGTH; j++)
                out[i][d] += score[i][j] * value[j][d];
        }
#pragma endscop
}
