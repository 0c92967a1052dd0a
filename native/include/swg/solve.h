/* Double-precision Cholesky factor of one symmetric positive definite matrix and its inverse.
 * Meant for one d x d matrix a sweep: O(n^3), one thread. */
#ifndef SWG_SOLVE_H
#define SWG_SOLVE_H

#include <stdint.h>

#include "swg/status.h"

/* A = L L': the lower triangle of a[n, n] becomes L, the rest zero. SWG_ERR_NOT_SPD when a pivot is not larger
 * than n * 2^-52 times the largest diagonal entry, or not finite. */
enum swg_status swg_cholesky(double *a, int64_t n);

/* inverse[n, n] = L^-1 (lower triangular, zeros above) for the lower triangular l[n, n]. */
void swg_invert_lower(const double *l, int64_t n, double *inverse);

#endif
