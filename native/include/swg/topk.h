/* Exact k best items of every query by inner product.
 *
 * score(q, i) = queries[q] . items[i] + item_bias[i]. Higher is better, ties go to the smaller index, items whose
 * score is NaN are never returned. A query's result does not depend on the other queries of the call.
 * n * m * d multiply-adds, threads over queries, scratch of a few hundred kilobytes a thread.
 */
#ifndef SWG_TOPK_H
#define SWG_TOPK_H

#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

struct swg_topk_input {
    const float *queries;       /* [n, d] */
    const float *items;         /* [m, d] */
    int64_t n, m, d;
    const struct swg_csr *exclude; /* NULL, or n rows of items (data unused, any order) left out of a query */
    const float *item_bias;     /* NULL or [m] */
};

/* indices[n, k] and scores[n, k], best first; places without an item hold -1 and -infinity.
 * SWG_ERR_ARGUMENT (k < 1, d < 1), _SIZE, _INDPTR, _INDEX, _MEMORY, _CANCELLED. control counts queries. */
enum swg_status swg_topk(const struct swg_topk_input *input, int64_t k, int n_threads, int64_t *control,
                         int32_t *indices, float *scores);

/* Keeps the n largest of (index, value) pairs offered in any order; a binary heap with the worst on top. */
struct swg_best {
    int64_t capacity, count;
    int32_t *indices; /* [capacity] */
    float *values;    /* [capacity] */
};

/* Offers one pair; NaN is ignored. O(log capacity). */
void swg_best_offer(struct swg_best *best, int32_t index, float value);

/* Sorts what was kept: largest value first, ties by the smaller index. The heap is spent afterwards. */
void swg_best_sort(struct swg_best *best);

#endif
