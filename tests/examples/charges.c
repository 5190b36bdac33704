/* The potential at each charge, and the field there, of all the others; a helper of the file's, vectors as rows of three. */
#include <math.h>

#ifdef SMALL
#define CHARGES 37
#else
#define CHARGES 3001
#endif

static double place[CHARGES][3], charge[CHARGES], potential[CHARGES], field[CHARGES][3];

void init_array(void)
{
    for (int i = 0; i < CHARGES; i++) {
        place[i][0] = (i * 13 % 101) * 0.01;
        place[i][1] = (i * 17 % 103) * 0.01;
        place[i][2] = (i * 19 % 107) * 0.01;
        charge[i] = i % 2 ? 1.0 : -1.5;
    }
}

static double weight(double square)
{
    return 1.0 / (square * sqrt(square));
}

void fields(int n)
{
#pragma scop
    for (int i = 0; i < n; ++i) {
        potential[i] = 0;
        field[i][0] = field[i][1] = field[i][2] = 0;
        for (int j = 0; j < n; ++j)
            if (j != i) {
                double x = place[i][0] - place[j][0];
                double y = place[i][1] - place[j][1];
                double z = place[i][2] - place[j][2];
                double square = x * x + y * y + z * z + 1e-9;
                double w = charge[j] * weight(square);
                potential[i] += charge[j] / sqrt(square);
                field[i][0] += w * x;
                field[i][1] += w * y;
                field[i][2] += w * z;
            }
    }
#pragma endscop
}
