/* The forces between all pairs of bodies, softened, with scalars for what is used twice. */
#include <math.h>

#ifdef SMALL
#define BODIES 40
#else
#define BODIES 4000
#endif

static float x[BODIES], y[BODIES], z[BODIES], mass[BODIES];
static float ax[BODIES], ay[BODIES], az[BODIES];

void init_array(void)
{
    for (int i = 0; i < BODIES; i++) {
        x[i] = (float)((i * 37) % 101) / 101;
        y[i] = (float)((i * 53) % 97) / 97;
        z[i] = (float)((i * 71) % 89) / 89;
        mass[i] = 1.0f + (float)(i % 3) / 10;
    }
}

void forces(void)
{
#pragma scop
    for (int i = 0; i < BODIES; i++) {
        float fx = 0.0f, fy = 0.0f, fz = 0.0f;
        for (int j = 0; j < BODIES; j++) {
            float dx = x[j] - x[i];
            float dy = y[j] - y[i];
            float dz = z[j] - z[i];
            float square = dx * dx + dy * dy + dz * dz + 1e-4f;
            float pull = mass[j] / (square * sqrtf(square));
            fx += pull * dx;
            fy += pull * dy;
            fz += pull * dz;
        }
        ax[i] = fx;
        ay[i] = fy;
        az[i] = fz;
    }
#pragma endscop
}
