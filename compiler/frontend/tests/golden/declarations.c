/* Where arrays, scalars and parameters come from. */
typedef double matrix[20][30];
extern double outside[];
double outside[40];

void arrays(int n, int m, double A[n][m], double B[restrict][12], double (*C)[m], double *D,
            const double *restrict E, matrix M, float x)
{
    double local[10][n];
    double t = 1.0, unused = 2.0;
    int steps = 10;
#pragma scop
    for (int s = 0; s < steps; s++)
        for (int i = 0; i < 10; i++)
            for (int j = 0; j < n; j++) {
                double t = A[j][i] * x;
                int column = j + 1;
                local[i][j] = t + B[i][i + 2] + C[j][2];
                D[j] = E[column] + M[i][j] + outside[2 * i + 1];
                {
                    double t = D[j];
                    A[j][i] = t;
                }
            }
    t = local[0][0];
    unused = t;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 8; j++)
            D[8 * i + j] = *E;
#pragma endscop
    outside[0] = t;
}
