/*
 * The names that PolyBench/C's kernels use, with their published meaning, written here anew for the test
 * of its conventions. The functions are in a file of their own, polybench.c, as there.
 *
 *   POLYBENCH_STACK_ARRAYS     arrays are variables; else they are allocated and held by pointers to arrays
 *   POLYBENCH_USE_C99_PROTO    functions take arrays of variable length; else of the extents' macros
 *   POLYBENCH_USE_SCALAR_LB    bounds of loops are the extents' macros; else the parameters
 *   POLYBENCH_TIME             the kernel's seconds are printed
 *   POLYBENCH_DUMP_ARRAYS      the results are printed on the error stream
 */
#ifndef CONVENTIONS_POLYBENCH_H
#define CONVENTIONS_POLYBENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Parameters of functions. ---- */

#ifdef POLYBENCH_USE_C99_PROTO
#define POLYBENCH_C99_SELECT(macro, parameter) parameter
#else
#define POLYBENCH_C99_SELECT(macro, parameter) macro
#endif

#ifdef POLYBENCH_USE_SCALAR_LB
#define POLYBENCH_LOOP_BOUND(macro, parameter) macro
#else
#define POLYBENCH_LOOP_BOUND(macro, parameter) parameter
#endif

#define POLYBENCH_1D(var, d1, p1) var[POLYBENCH_C99_SELECT(d1, p1)]
#define POLYBENCH_2D(var, d1, d2, p1, p2) \
    var[POLYBENCH_C99_SELECT(d1, p1)][POLYBENCH_C99_SELECT(d2, p2)]
#define POLYBENCH_3D(var, d1, d2, d3, p1, p2, p3)                    \
    var[POLYBENCH_C99_SELECT(d1, p1)][POLYBENCH_C99_SELECT(d2, p2)]  \
       [POLYBENCH_C99_SELECT(d3, p3)]

/* ---- Arrays. ---- */

extern void *polybench_alloc_data(unsigned long long int elements, int element_size);
extern void polybench_free_data(void *data);

#ifdef POLYBENCH_STACK_ARRAYS
#define POLYBENCH_ARRAY(x) x
#define POLYBENCH_FREE_ARRAY(x)
#define POLYBENCH_DECL_VAR(x) x
#define POLYBENCH_1D_ARRAY_DECL(var, type, d1, p1) type POLYBENCH_1D(var, d1, d1);
#define POLYBENCH_2D_ARRAY_DECL(var, type, d1, d2, p1, p2) \
    type POLYBENCH_2D(var, d1, d2, d1, d2);
#define POLYBENCH_3D_ARRAY_DECL(var, type, d1, d2, d3, p1, p2, p3) \
    type POLYBENCH_3D(var, d1, d2, d3, d1, d2, d3);
#else
#define POLYBENCH_ARRAY(x) *x
#define POLYBENCH_FREE_ARRAY(x) polybench_free_data((void *)x);
#define POLYBENCH_DECL_VAR(x) (*x)
#define POLYBENCH_ALLOC_1D_ARRAY(n1, type) \
    (type(*)[n1])polybench_alloc_data(n1, sizeof(type))
#define POLYBENCH_ALLOC_2D_ARRAY(n1, n2, type) \
    (type(*)[n1][n2])polybench_alloc_data((unsigned long long int)(n1) * (n2), sizeof(type))
#define POLYBENCH_ALLOC_3D_ARRAY(n1, n2, n3, type) \
    (type(*)[n1][n2][n3])polybench_alloc_data(     \
        (unsigned long long int)(n1) * (n2) * (n3), sizeof(type))
#define POLYBENCH_1D_ARRAY_DECL(var, type, d1, p1)         \
    type POLYBENCH_1D(POLYBENCH_DECL_VAR(var), d1, p1);    \
    var = POLYBENCH_ALLOC_1D_ARRAY(POLYBENCH_C99_SELECT(d1, p1), type);
#define POLYBENCH_2D_ARRAY_DECL(var, type, d1, d2, p1, p2)          \
    type POLYBENCH_2D(POLYBENCH_DECL_VAR(var), d1, d2, p1, p2);     \
    var = POLYBENCH_ALLOC_2D_ARRAY(POLYBENCH_C99_SELECT(d1, p1),    \
                                   POLYBENCH_C99_SELECT(d2, p2), type);
#define POLYBENCH_3D_ARRAY_DECL(var, type, d1, d2, d3, p1, p2, p3)           \
    type POLYBENCH_3D(POLYBENCH_DECL_VAR(var), d1, d2, d3, p1, p2, p3);      \
    var = POLYBENCH_ALLOC_3D_ARRAY(POLYBENCH_C99_SELECT(d1, p1),             \
                                   POLYBENCH_C99_SELECT(d2, p2),             \
                                   POLYBENCH_C99_SELECT(d3, p3), type);
#endif

/* ---- What main() does around the kernel. ---- */

extern void polybench_timer_start(void);
extern void polybench_timer_stop(void);
extern void polybench_timer_print(void);

#ifdef POLYBENCH_TIME
#define polybench_start_instruments polybench_timer_start();
#define polybench_stop_instruments polybench_timer_stop();
#define polybench_print_instruments polybench_timer_print();
#else
#define polybench_start_instruments
#define polybench_stop_instruments
#define polybench_print_instruments
#endif

#ifdef POLYBENCH_DUMP_ARRAYS
#define polybench_prevent_dce(call) call
#else
#define polybench_prevent_dce(call)         \
    if (argc > 42 && !strcmp(argv[0], ""))  \
        call
#endif

#define POLYBENCH_DUMP_TARGET stderr
#define POLYBENCH_DUMP_START fprintf(POLYBENCH_DUMP_TARGET, "==BEGIN DUMP_ARRAYS==\n")
#define POLYBENCH_DUMP_FINISH fprintf(POLYBENCH_DUMP_TARGET, "==END   DUMP_ARRAYS==\n")
#define POLYBENCH_DUMP_BEGIN(name) fprintf(POLYBENCH_DUMP_TARGET, "begin dump: %s", name)
#define POLYBENCH_DUMP_END(name) fprintf(POLYBENCH_DUMP_TARGET, "\nend   dump: %s\n", name)

#endif
