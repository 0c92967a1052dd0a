/* Bayesian personalised ranking (Rendle, Freudenthaler, Gantner, Schmidt-Thieme 2009, "BPR: Bayesian personalized
 * ranking from implicit feedback").
 *
 * For a user u, an item i of its row and an item j outside of it, gradient ascent on
 *     ln sigmoid(x_u . (y_i - y_j) + b_i - b_j) - regularization / 2 (|x_u|^2 + |y_i|^2 + |y_j|^2 + b_i^2 + b_j^2).
 * An epoch takes every stored entry once. Its j is drawn in proportion to (entries of j)^negative_power; a draw
 * that hits the user's row is repeated once, then the entry is passed over.
 *
 * Method: strata (src/strata.h). Users and items are cut into blocks, items anew in each epoch, and j is drawn from
 * the block of i. Cells that share neither a user nor an item run at the same time, a user's entries of a cell one
 * after the other. It is a sequence of plain steps in an order that depends on the seed and the sizes alone, so the
 * bits are the same for any number of threads.
 *
 * Cost of an epoch over N entries: about 8 N d multiply-adds, 2 N random numbers. Scratch: a padded copy of the
 * factors, 8 bytes an entry, 80 bytes an item.
 * Not promised: equal bits on different instruction sets; that the loss falls in every epoch.
 */
#ifndef SWG_BPR_H
#define SWG_BPR_H

#include <stdint.h>

#include "swg/status.h"
#include "swg/types.h"

enum { SWG_BPR_MAX_FACTORS = 512 };

struct swg_bpr_options {
    int64_t n_factors;     /* 1 .. SWG_BPR_MAX_FACTORS */
    double learning_rate;  /* > 0, finite */
    double regularization; /* >= 0, learning_rate * regularization < 1 */
    double negative_power; /* 0 .. 1; 0 draws every item that has entries alike */
    int64_t n_epochs;      /* >= 0 */
    uint64_t seed;
    int n_blocks;          /* of users and of items, at most SWG_MAX_BLOCKS; 0 chooses by their numbers */
    int n_threads;
    int64_t *control;      /* {entries taken, cancel} or NULL; n_epochs * n_stored entries in all */
};

/* Fits from small random values keyed by (seed, row). Columns of a row may be in any order and doubled; values are
 * not read. user_factors[n_users, d], item_factors[n_items, d] and item_bias[n_items] are written.
 * SWG_ERR_ARGUMENT, _SIZE, _INDPTR, _INDEX, _MEMORY, _CANCELLED, and SWG_ERR_VALUE when the steps diverged. */
enum swg_status swg_bpr_fit(const struct swg_csr *users, const struct swg_bpr_options *options, float *user_factors,
                            float *item_factors, float *item_bias);

#endif
