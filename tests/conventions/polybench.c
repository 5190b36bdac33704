/* The functions of polybench.h, compiled apart from the kernels. */
#include "polybench.h"

#include <sys/time.h>

static double start, stop;

static double now(void)
{
    struct timeval time;
    gettimeofday(&time, NULL);
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

void *polybench_alloc_data(unsigned long long int elements, int element_size)
{
    void *data = NULL;
    if (posix_memalign(&data, 4096, (size_t)elements * (size_t)element_size) || !data) {
        fprintf(stderr, "[PolyBench] posix_memalign: cannot allocate memory\n");
        exit(1);
    }
    return data;
}

void polybench_free_data(void *data) { free(data); }

void polybench_timer_start(void) { start = now(); }

void polybench_timer_stop(void) { stop = now(); }

void polybench_timer_print(void) { printf("%0.6f\n", stop - start); }
