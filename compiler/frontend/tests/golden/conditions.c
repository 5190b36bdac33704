/* Affine conditions split a statement into disjoint pieces. */
double a[100][100], v[100];

void conditions(int n)
{
#pragma scop
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            if (i == j)
                a[i][j] = 1.0;
            else if (i < j && !(j == 5))
                a[i][j] = 2.0;
            else
                a[i][j] = 3.0;
            if (i < 10 || j < 20)
                a[i][j] += 1.0;
            if (n)
                ;
            if (i > j) {
            }
        }
    for (int i = 0; i < n; i++)
        v[i] = i > 0 ? v[i - 1] : v[n - 1];
    for (int i = 0; i < n; i++)
        v[i] = (i > 0 && v[i - 1] > 0.0) ? 1.0 : 2.0;
    for (int i = 0; i < n; i++)
        v[i] = i < 50 ? 1.0 : 2.0;
    if (n > 1000)
        v[0] = 0.0;
#pragma endscop
}
