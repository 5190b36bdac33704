/* A contraction as in coupled-cluster chemistry: six loops, four indices stay, two are summed over, and neither
   operand lies as a matrix product would like it. */
#ifdef SMALL
#define O 4
#define V 5
#else
#define O 16
#define V 32
#endif

static double integral[O][V][V][O], amplitude[V][O][O][V], residual[O][O][V][V];

static void init_array(void)
{
    for (int i = 0; i < O; i++)
        for (int a = 0; a < V; a++)
            for (int b = 0; b < V; b++)
                for (int j = 0; j < O; j++) {
                    integral[i][a][b][j] = (double)((i + 3 * a + 5 * b + 7 * j) % 17) / 17 - 0.5;
                    amplitude[a][i][j][b] = (double)((2 * i + a + 9 * b + j) % 23) / 23 - 0.5;
                    residual[i][j][a][b] = (double)((i + j + a + b) % 5) / 5;
                }
}

void contract(void)
{
#pragma scop
    for (int i = 0; i < O; i++)
        for (int j = 0; j < O; j++)
            for (int a = 0; a < V; a++)
                for (int b = 0; b < V; b++)
                    for (int k = 0; k < O; k++)
                        for (int c = 0; c < V; c++)
                            residual[i][j][a][b] += integral[k][b][c][j] * amplitude[a][i][k][c];
#pragma endscop
}

int main(void)
{
    init_array();
    contract();
    return residual[0][0][0][0] > 1e300;
}
