/* One half sweep of ALS, private to als.c and als_half.c: rows solved against fixed factors. */
#ifndef SWG_ALS_HALF_H
#define SWG_ALS_HALF_H

#include "swg/dense.h"
#include "swg/types.h"

struct half {
    const struct swg_kernels *kernels;
    const struct swg_csr *rows;
    const float *factors; /* [rows->n_columns, d] */
    int64_t d, width;     /* width: d padded */
    double *gram;         /* [d, d], destroyed */
    double *inverse;      /* [d, d] scratch: L^-1 */
    float *back;          /* [d, width] L^-1: x = back' w as a product of rows */
    float *whiten;        /* [d, width] its transpose: z = y whiten */
    float *white;         /* [n_columns, width] or NULL: whiten the entries of each row instead */
    float *out;           /* [n_rows, d] */
    float tolerance;      /* of conjugate gradients */
    int64_t most_entries; /* longest row for conjugate gradients, at least BLOCK_ENTRIES */
    int64_t *control;
};

/* Allocates for width d; white has room for n_white rows, none when 0. SWG_ERR_MEMORY frees what it took. */
enum swg_status als_make_half(struct half *h, int64_t d, int64_t n_white, float tolerance, int64_t *control);
void als_free_half(struct half *h);

/* Solves h->rows for h->factors into h->out; h->gram holds the Gram matrix of the factors and is destroyed. */
enum swg_status als_run_half(struct half *h, double regularization, int n_threads);

#endif
