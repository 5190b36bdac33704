/* What the programs of the cases print: a sum over bytes that tells any two results apart. */
#ifndef PRINT_H
#define PRINT_H
#include <stdio.h>
static void show(const char *name, const void *data, unsigned long bytes)
{
  const unsigned char *byte = data;
  unsigned long long sum = 14695981039346656037ull;
  for (unsigned long i = 0; i < bytes; i++)
    sum = (sum ^ byte[i]) * 1099511628211ull;
  printf("%s %016llx\n", name, sum);
}
#define SHOW(name) show(#name, &name, sizeof name)
#endif
