/* Heat that spreads in a plate with borders of fixed temperature. */
#ifndef HEAT_H
#define HEAT_H

void diffuse(int steps, int n, double (*now)[n], double (*next)[n], double rate);

#endif
