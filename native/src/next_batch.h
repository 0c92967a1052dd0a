/* One step of the softmax model of what comes next (swg/next.h): a batch of places, their gradients, Adagrad. */
#ifndef SWG_NEXT_BATCH_H
#define SWG_NEXT_BATCH_H

#include "swg/dense.h"
#include "swg/next.h"
#include "swg/random.h"

struct next_place {
    int64_t at, start; /* places of the log: this one, and the first of its row */
};

struct next_batch {
    const struct swg_csr *histories;
    const struct swg_next_options *options;
    const struct swg_kernels *kernels;
    int64_t width;                        /* of a padded vector */
    float *vectors, *bias, *lags;         /* [n_items, width], [n_items], [n_lags] */
    float *map;                           /* [width, width] */
    float *seen, *bias_seen, *lags_seen, *map_seen; /* sums of squared gradients, as large */
    int32_t *present;                     /* [n_present] items that occur */
    int64_t n_present;
    uint64_t mask_key, negative_key;      /* of the epoch */

    const struct next_place *places; /* [n_places] of the step */
    int64_t n_places;
    uint64_t first;                  /* of the batch in the epoch: what random numbers are keyed by */
    int32_t *slot;                   /* [n_items] place of an item in `touched`, -1 */
    int32_t *touched;                /* [n_outputs] items to tell apart, then other items of histories */
    int64_t n_outputs, n_touched;
    float *outputs, *output_bias;    /* [most_outputs, width] their vectors, [most_outputs] */
    float *means, *mean_pulls;       /* [batch, width] sum of the vectors at each place, and its gradient */
    float *inputs, *pulls;           /* [batch, width] h, which is the map of it, and its gradient */
    float *errors;                   /* [batch, most_outputs] what is taken less the softmax */
    float *shares, *lag_pulls;       /* [batch, n_lags] a of each place, and the gradient of lags by that place */
    float *gradient, *bias_gradient, *map_gradient; /* [most_touched, width], [most_outputs], [width, width] */
    int64_t most_outputs, most_touched;
};

/* Vectors, biases and sums start at zero. Free with next_batch_free, whatever the status. */
enum swg_status next_batch_make(struct next_batch *b, const struct swg_csr *histories,
                                const struct swg_next_options *options);
void next_batch_free(struct next_batch *b);

/* One step over n places, at most the batch of the options. */
enum swg_status next_batch_step(struct next_batch *b, const struct next_place *places, int64_t n, uint64_t first);

#endif
