#ifndef STATISTICS_H
#define STATISTICS_H

/* How the rows of a matrix depend on each other: sums of products. */
void correlate(int n, double (*rows)[n], double (*result)[n]);

#endif
