/* Counting items that occur in the same histories. */
#ifndef SWG_COVISIT_H
#define SWG_COVISIT_H

#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

/* A history is a row of item indices, oldest first. For positions p < q of one history with q - p <= window,
 *     value = decay^(q - p - 1) * row_weight
 * is added to count[item_p, item_q] times `forward` and to count[item_q, item_p] times `backward`; a pair of equal
 * items is skipped. An entry exists when some value added to it is not 0. */
struct swg_covisit_input {
    const struct swg_csr *histories; /* data unused; n_columns = number of items */
    const float *row_weight;         /* [n_rows] >= 0, or NULL for 1 */
    int64_t window;                  /* largest q - p, 0 = no limit */
    double decay;                    /* in [0, 1] */
    double forward, backward;        /* finite, >= 0 */
};

/* Two calls, since the size is not known: the first fills sizes[n_items] with the entries of each row, the second
 * takes indptr made from them and fills columns (rising) and counts. Sums are double precision in the order of the
 * histories, so bits do not depend on threads. O(pairs) time each; scratch 12 bytes an occurrence, and 12 bytes an
 * item per thread. control counts items. SWG_ERR_ARGUMENT, _INDPTR, _INDEX, _VALUE, _NEGATIVE, _MEMORY, _CANCELLED,
 * SWG_ERR_CAPACITY when indptr does not fit the counts. */
enum swg_status swg_covisit_sizes(const struct swg_covisit_input *input, int n_threads, int64_t *control,
                                  int64_t *sizes);
enum swg_status swg_covisit_fill(const struct swg_covisit_input *input, int n_threads, int64_t *control,
                                 const int64_t *indptr, int32_t *columns, float *counts);

#endif
