/* item2vec: skip-gram with negative sampling over histories (Barkan, Koenigstein 2016, "Item2Vec: neural item
 * embedding for collaborative filtering"; Mikolov et al. 2013, "Distributed representations of words and phrases").
 *
 * At each place p of a history a reach r is drawn from 1 .. window; every other item c within r places of it is to
 * tell the item t at p from n_negatives drawn ones: gradient ascent on
 *     ln sigmoid(y_c . z_t) + sum_k ln sigmoid(-y_c . z_k),
 * where y are the item factors, z the context factors, and k is drawn in proportion to (places of k)^negative_power
 * (draws of t are passed over, and so are pairs of an item with itself). The rate falls in a line from
 * learning_rate to a thousandth of it. `shuffle` deals the places of every history anew in each epoch: for
 * histories whose order means nothing.
 *
 * Method: strata (src/strata.h) over pairs (c, t), a chunk of places at a time, the negatives from the block of t.
 * The bits are the same for any number of threads.
 *
 * Cost of an epoch over N places: about 3 N (window + 1) (1 + n_negatives) d multiply-adds. Scratch: padded copies
 * of the factors, 8 bytes a pair of a chunk (2^17 places), 4 bytes a place with `shuffle`, 80 bytes an item.
 * Not promised: equal bits on different instruction sets.
 */
#ifndef SWG_ITEM2VEC_H
#define SWG_ITEM2VEC_H

#include <stdbool.h>
#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

enum { SWG_ITEM2VEC_MAX_FACTORS = 512, SWG_ITEM2VEC_MAX_WINDOW = 100, SWG_ITEM2VEC_MAX_NEGATIVES = 31 };

struct swg_item2vec_options {
    int64_t n_factors;     /* 1 .. SWG_ITEM2VEC_MAX_FACTORS */
    double learning_rate;  /* > 0, finite */
    double negative_power; /* 0 .. 1 */
    int64_t window;        /* 1 .. SWG_ITEM2VEC_MAX_WINDOW */
    int64_t n_negatives;   /* 1 .. SWG_ITEM2VEC_MAX_NEGATIVES */
    bool shuffle;
    int64_t n_epochs;      /* >= 0 */
    uint64_t seed;
    int n_blocks;          /* of items, at most SWG_MAX_BLOCKS; 0 chooses by their number */
    int n_threads;
    int64_t *control;      /* {places taken, cancel} or NULL; n_epochs * n_stored places in all */
};

/* Fits from small random item factors keyed by (seed, row) and context factors of zero; item_factors[n_items, d]
 * and context_factors[n_items, d] are written. Rows of `histories` are in order, oldest first; values are not read.
 * SWG_ERR_ARGUMENT, _SIZE, _INDPTR, _INDEX, _MEMORY, _CANCELLED, and SWG_ERR_VALUE when the steps diverged. */
enum swg_status swg_item2vec_fit(const struct swg_csr *histories, const struct swg_item2vec_options *options,
                                 float *item_factors, float *context_factors);

#endif
