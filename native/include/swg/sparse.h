/* The best entries of compressed rows and of products of them. */
#ifndef SWG_SPARSE_H
#define SWG_SPARSE_H

#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

/* The n largest of each row, largest first, ties by the smaller column, into rows of out_indptr, whose row sizes
 * must be min(n, entries of the row). NaN and infinite values are an error. */
enum swg_status swg_csr_top_n(const struct swg_csr *matrix, int64_t n, int n_threads, const int64_t *out_indptr,
                              int32_t *columns, float *values);

/* The n largest entries of each row of A B (optionally without the diagonal), largest first, ties by the smaller
 * column. Row r starts at place r * n of columns and values and has sizes[r] entries. control counts rows.
 * O(multiply-adds of the product); 12 bytes a column of B per thread. */
enum swg_status swg_sparse_top_product(const struct swg_csr *a, const struct swg_csr *b, int64_t n,
                                       int exclude_diagonal, int n_threads, int64_t *control, int64_t *sizes,
                                       int32_t *columns, float *values);

#endif
