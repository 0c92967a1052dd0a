/* The softmax model of what comes next: item vectors and weights of lags, learned from histories.
 *
 * At every place p of a history that has a place before it, the items of the last n_lags places make a vector
 *     h = M' sum_k a_k (m_k * e[item of place p - k]),    a = softmax(lag[1 .. places before p, at most n_lags]),
 * m being a mask of zeros and twos, drawn anew each time: half of all values are dropped (Srivastava et al. 2014,
 * "Dropout"). The item t taken at p is to be told from a set S of others: gradient ascent on
 *     h . e[t] + bias[t] - ln sum_(s in S) exp(h . e[s] + bias[s]).
 * S holds the items taken at the places of the same batch, each once, and n_negatives items drawn evenly from those
 * that occur at all; it is not corrected for how likely an item is to be in it, which holds popular items down (Yi et
 * al. 2019, "Sampling-bias-corrected neural modeling", describes the effect; here it is wanted, as what merely is
 * popular is told by others). The same vectors stand on both sides; the map M[d, d], which starts
 * as the identity, turns what was taken into what follows. Steps are those of Adagrad (Duchi, Hazan, Singer
 * 2011), of the items that a batch touched.
 *
 * Every random number belongs to a place or to a batch, every sum has one order: the bits are the same for any number
 * of threads. Not promised: equal bits on different instruction sets.
 *
 * Cost of an epoch over N places: about 3 N (batch + n_negatives) d multiply-adds. Scratch: 4 (batch + n_negatives)
 * batch bytes, 12 d bytes an item, 16 bytes a place.
 */
#ifndef SWG_NEXT_H
#define SWG_NEXT_H

#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

enum { SWG_NEXT_MAX_FACTORS = 512, SWG_NEXT_MAX_LAGS = 64, SWG_NEXT_MAX_BATCH = 1 << 14 };

struct swg_next_options {
    int64_t n_factors;    /* 1 .. SWG_NEXT_MAX_FACTORS */
    int64_t n_lags;       /* 1 .. SWG_NEXT_MAX_LAGS */
    double learning_rate; /* > 0, finite */
    int64_t n_negatives;  /* 0 .. SWG_NEXT_MAX_BATCH */
    int64_t batch;        /* places a step, 1 .. SWG_NEXT_MAX_BATCH */
    int64_t n_epochs;     /* >= 0 */
    uint64_t seed;
    int n_threads;
    int64_t *control; /* {places taken, cancel} or NULL; n_epochs * (places that have one before them) in all */
};

/* Fits from small random vectors keyed by (seed, row), biases of zero and falling weights of lags; item_factors
 * [n_items, d] (e), next_factors[n_items, d] (M e, so that h . e[i] is the mean of e by a times next_factors[i]),
 * item_bias[n_items] and lag_weights[n_lags], the logarithms of a, are written. Rows of `histories` are
 * in order, oldest first; values are not read.
 * SWG_ERR_ARGUMENT, _SIZE, _INDPTR, _INDEX, _MEMORY, _CANCELLED, and SWG_ERR_VALUE when the steps diverged. */
enum swg_status swg_next_fit(const struct swg_csr *histories, const struct swg_next_options *options,
                             float *item_factors, float *next_factors, float *item_bias, float *lag_weights);

#endif
