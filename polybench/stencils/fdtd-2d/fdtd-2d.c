/*
 * fdtd-2d: an electromagnetic wave in the plane by finite differences in the
 * time domain, with a source that drives the first row of ey.
 *
 *   ey_0j = fict_t
 *   ey_ij = ey_ij - 0.5 (hz_ij - hz_{i-1,j})                       for i > 0
 *   ex_ij = ex_ij - 0.5 (hz_ij - hz_{i,j-1})                       for j > 0
 *   hz_ij = hz_ij - 0.7 (ex_{i,j+1} - ex_ij + ey_{i+1,j} - ey_ij)
 */
#include "../../polybench.h"

#ifndef TMAX
#define TMAX POLYBENCH_SIZE(20, 40, 100, 500, 1000)
#endif
#ifndef NX
#define NX POLYBENCH_SIZE(20, 60, 200, 1000, 2000)
#endif
#ifndef NY
#define NY POLYBENCH_SIZE(30, 80, 240, 1200, 2600)
#endif

static void init_array(int tmax, int nx, int ny, DATA_TYPE ex[NX][NY],
                       DATA_TYPE ey[NX][NY], DATA_TYPE hz[NX][NY],
                       DATA_TYPE _fict_[TMAX])
{
    int i, j;

    for (i = 0; i < tmax; i++)
        _fict_[i] = (DATA_TYPE)i;
    for (i = 0; i < nx; i++)
        for (j = 0; j < ny; j++) {
            ex[i][j] = ((DATA_TYPE)i * (j + 1)) / nx;
            ey[i][j] = ((DATA_TYPE)i * (j + 2)) / ny;
            hz[i][j] = ((DATA_TYPE)i * (j + 3)) / nx;
        }
}

static void kernel_fdtd_2d(int tmax, int nx, int ny, DATA_TYPE ex[NX][NY],
                           DATA_TYPE ey[NX][NY], DATA_TYPE hz[NX][NY],
                           DATA_TYPE _fict_[TMAX])
{
    int t, i, j;

#pragma scop
    for (t = 0; t < tmax; t++) {
        for (j = 0; j < ny; j++)
            ey[0][j] = _fict_[t];
        for (i = 1; i < nx; i++)
            for (j = 0; j < ny; j++)
                ey[i][j] = ey[i][j] - SCALAR_VAL(0.5) * (hz[i][j] - hz[i - 1][j]);
        for (i = 0; i < nx; i++)
            for (j = 1; j < ny; j++)
                ex[i][j] = ex[i][j] - SCALAR_VAL(0.5) * (hz[i][j] - hz[i][j - 1]);
        for (i = 0; i < nx - 1; i++)
            for (j = 0; j < ny - 1; j++)
                hz[i][j] = hz[i][j]
                           - SCALAR_VAL(0.7) * (ex[i][j + 1] - ex[i][j]
                                                + ey[i + 1][j] - ey[i][j]);
    }
#pragma endscop
}

int main(void)
{
    POLYBENCH_ARRAY ex[NX][NY];
    POLYBENCH_ARRAY ey[NX][NY];
    POLYBENCH_ARRAY hz[NX][NY];
    POLYBENCH_ARRAY _fict_[TMAX];

    init_array(TMAX, NX, NY, ex, ey, hz, _fict_);
    POLYBENCH_RUN(kernel_fdtd_2d(TMAX, NX, NY, ex, ey, hz, _fict_));
    POLYBENCH_REPORT(ex);
    POLYBENCH_REPORT(ey);
    POLYBENCH_REPORT(hz);
    return 0;
}
