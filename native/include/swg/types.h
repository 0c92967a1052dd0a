/* Values that travel between the concepts: compressed rows, the control array, checked sizes. */
#ifndef SWG_TYPES_H
#define SWG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "swg/status.h"

/* Compressed sparse rows. Row r holds entries indptr[r] .. indptr[r + 1]; column order inside a row is free. */
struct swg_csr {
    int64_t n_rows;
    int64_t n_columns;
    int64_t n_stored;       /* length of indices and of data */
    const int64_t *indptr;  /* [n_rows + 1] */
    const int32_t *indices; /* [n_stored] */
    const float *data;      /* [n_stored], NULL where a function does not read values */
};

/* Blocks of rows that learners by strata may be asked for. */
enum { SWG_MAX_BLOCKS = 64 };

enum { SWG_CHECK_FINITE = 1, SWG_CHECK_NOT_NEGATIVE = 2 };

/* SWG_ERR_INDPTR, SWG_ERR_INDEX, and with the flags SWG_ERR_VALUE, SWG_ERR_NEGATIVE. One pass. */
enum swg_status swg_csr_check(const struct swg_csr *matrix, unsigned flags);

/* SWG_ERR_INDPTR unless indptr[n_rows + 1] starts at 0, never falls and ends at n_stored. */
enum swg_status swg_check_indptr(const int64_t *indptr, int64_t n_rows, int64_t n_stored);

/* SWG_ERR_VALUE when a value is NaN or infinite. */
enum swg_status swg_check_finite(const float *values, int64_t n);

/* Transpose into arrays of the caller: t_indptr[n_columns + 1], t_indices and t_data [n_stored]; t_data may be
 * NULL when data is. Columns of a transposed row rise. Checks the matrix first. O(n_stored), one thread. */
enum swg_status swg_csr_transpose(const struct swg_csr *matrix, int64_t *t_indptr, int32_t *t_indices,
                                  float *t_data);

/* a * b in *out, or SWG_ERR_SIZE when the product does not fit or a factor is negative. */
static inline enum swg_status swg_multiply(int64_t a, int64_t b, int64_t *out)
{
    if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, out) || *out > PTRDIFF_MAX / 16)
        return SWG_ERR_SIZE;
    return SWG_OK;
}

/* malloc of n values, aligned to a cache line; NULL for n < 0, overflow or no memory. Free with free(). */
void *swg_allocate(int64_t n, size_t value_size);

/* The control array of a long call: {units done, cancel}. NULL is allowed and means: nobody watches.
 * Adds `amount` to the first cell and says whether the second was set. Relaxed atomics. */
static inline bool swg_control_step(int64_t *control, int64_t amount)
{
    if (!control)
        return false;
    __atomic_fetch_add(&control[0], amount, __ATOMIC_RELAXED);
    return __atomic_load_n(&control[1], __ATOMIC_RELAXED) != 0;
}

static inline int64_t swg_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t swg_max(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
