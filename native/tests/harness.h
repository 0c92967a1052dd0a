/* A few macros: CHECK counts failures, guarded() puts an array right before a page that may not be touched. */
#ifndef SWG_HARNESS_H
#define SWG_HARNESS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "swg/random.h"

static int failures;

#define CHECK(condition)                                                                                         \
    do {                                                                                                         \
        if (!(condition)) {                                                                                      \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                      \
            failures++;                                                                                          \
        }                                                                                                        \
    } while (0)

#define CHECK_CLOSE(a, b, tolerance)                                                                             \
    do {                                                                                                         \
        double left_ = (a), right_ = (b);                                                                        \
        if (!(fabs(left_ - right_) <= (tolerance))) {                                                            \
            fprintf(stderr, "%s:%d: %s is %g, %s is %g\n", __FILE__, __LINE__, #a, left_, #b, right_);           \
            failures++;                                                                                          \
        }                                                                                                        \
    } while (0)

#define REPORT() return failures ? 1 : 0

static inline size_t guarded_bytes(int64_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return ((size_t)n * sizeof(float) + page - 1) / page * page + page;
}

/* n floats whose end is the start of a forbidden page. */
static inline float *guarded(int64_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = guarded_bytes(n);
    char *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED || mprotect(base + bytes - page, page, PROT_NONE) != 0)
        abort();
    return (float *)(void *)(base + bytes - page) - n;
}

static inline void unguard(float *array, int64_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = guarded_bytes(n);
    munmap((char *)(array + n) + page - bytes, bytes);
}

/* Values in [-1, 1) that depend on the seed alone. */
static inline void fill(float *array, int64_t n, uint64_t seed)
{
    for (int64_t i = 0; i < n; i++)
        array[i] = 2.0f * swg_random_uniform(seed, 7, (uint64_t)i) - 1.0f;
}

static inline float *guarded_fill(int64_t n, uint64_t seed)
{
    float *array = guarded(n);
    fill(array, n, seed);
    return array;
}

#endif
