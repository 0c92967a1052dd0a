/* Implicit-feedback alternating least squares (Hu, Koren, Volinsky 2008, "Collaborative filtering for implicit
 * feedback datasets").
 *
 * Stored entries (u, i) have preference 1 and confidence c = 1 + s, where s >= 0 is the stored value; all others
 * have preference 0 and confidence 1. Columns of a row are distinct (a doubled one counts as two items). The loss is
 *     sum_ui c_ui (p_ui - x_u . y_i)^2 + regularization (sum_u |x_u|^2 + sum_i |y_i|^2).
 * One sweep solves every user for fixed items, then every item for fixed users.
 *
 * Method. With H = Y'Y + regularization I = L L' (double precision) and whitened rows z_i = L^-1 y_i, a user's
 * system becomes
 *     (I + Z' S Z) w = Z' (1 + s),   x = L^-T w,
 * over the user's own entries only. Since Z'Z <= I its condition number is at most 1 + max s: single precision
 * suffices, and conjugate gradients from zero (Takacs, Pilaszy, Tikk 2011, without their dense term) need few steps
 * to a residual of 1e-3 (folding in: 1e-5). Rows that are very long, or slow to converge, are formed and factored.
 *
 * Cost of a half sweep over N entries, R rows, m fixed rows of width d: about 8 N d + (m + R) d^2 + m d^2 / 2
 * multiply-adds. Scratch: m * d floats, and per thread 2 MB or the longest row and O(d^2).
 * Threads: the same bits for any number. Rows without entries become zero.
 * Not promised: equal bits on different instruction sets.
 */
#ifndef SWG_ALS_H
#define SWG_ALS_H

#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

enum { SWG_ALS_MAX_FACTORS = 512 };

struct swg_als_options {
    int64_t n_factors;     /* 1 .. SWG_ALS_MAX_FACTORS */
    double regularization; /* finite, >= 0 */
    int64_t n_epochs;      /* >= 0 */
    uint64_t seed;
    int n_threads;
    int64_t *control;      /* {rows solved, cancel} or NULL; n_epochs * (n_users + n_items) rows in all */
};

/* Fits from small random values keyed by (seed, row). `items` is the transpose of `users`.
 * user_factors[n_users, d] and item_factors[n_items, d] are written.
 * SWG_ERR_ARGUMENT, _SIZE, _INDPTR, _INDEX, _VALUE, _NEGATIVE, _MEMORY, _CANCELLED,
 * SWG_ERR_NOT_SPD when regularization is 0 and the factors lose rank. */
enum swg_status swg_als_fit(const struct swg_csr *users, const struct swg_csr *items,
                            const struct swg_als_options *options, float *user_factors, float *item_factors);

/* Solves new rows against fixed factors[n_columns, d] whose Gram matrix is gram[d, d]; out[n_rows, d].
 * Few rows are solved without touching the rest of the factors. Errors as above. */
enum swg_status swg_als_fold_in(const struct swg_csr *rows, const float *factors, const double *gram,
                                const struct swg_als_options *options, float *out);

/* The loss above, in double precision. */
enum swg_status swg_als_loss(const struct swg_csr *users, const float *user_factors, const float *item_factors,
                             int64_t n_factors, double regularization, int n_threads, double *loss);

#endif
