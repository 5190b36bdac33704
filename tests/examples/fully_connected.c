/* A fully connected layer in single precision: a batch of rows times a matrix of weights, a bias, and ReLU.
   The weights are stored one row an output, as most frameworks do. */
#ifdef SMALL
enum { BATCH = 16, INPUTS = 40, OUTPUTS = 24 };
#else
enum { BATCH = 256, INPUTS = 1024, OUTPUTS = 1000 };
#endif

static float input[BATCH][INPUTS], weight[OUTPUTS][INPUTS], bias[OUTPUTS];
static float output[BATCH][OUTPUTS];

static void init_array(void)
{
    for (int b = 0; b < BATCH; b++)
        for (int i = 0; i < INPUTS; i++)
            input[b][i] = (float)((b * 7 + i * 3) % 23) / 23 - 0.5f;
    for (int o = 0; o < OUTPUTS; o++) {
        bias[o] = (float)(o % 5) / 5 - 0.4f;
        for (int i = 0; i < INPUTS; i++)
            weight[o][i] = (float)((o * 5 + i * 11) % 19) / 19 - 0.5f;
    }
}

void fully_connected(void)
{
#pragma scop
    for (int b = 0; b < BATCH; b++)
        for (int o = 0; o < OUTPUTS; o++) {
            float sum = bias[o];
            for (int i = 0; i < INPUTS; i++)
                sum += input[b][i] * weight[o][i];
            output[b][o] = sum > 0.0f ? sum : 0.0f;
        }
#pragma endscop
}

int main(void)
{
    init_array();
    fully_connected();
    return output[1][1] < 0.0f;
}
