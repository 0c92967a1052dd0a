#include "swg/bpr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "strata.h"
#include "swg/dense.h"
#include "swg/parallel.h"

enum { RUN = 128 }; /* steps handed to the kernel at a time */

/* Streams of random numbers, apart from those of the starts (one a row). */
enum stream { DEAL = 1, WEIGH, NEGATIVES, N_STREAMS };

struct fit {
    const struct swg_csr *users;
    const struct swg_kernels *kernels;
    struct strata strata;
    int64_t width;
    float *x, *y, *bias, *weight; /* [n_users, width], [n_items, width], [n_items], [n_items] */
    int32_t *owner;               /* [n_items] the user whose entries were marked last */
    float rate, keep;
    uint64_t key; /* of the epoch's negatives */
};

static uint64_t stream_key(uint64_t seed, int64_t epoch, enum stream stream)
{
    return swg_random_key(~seed, (uint64_t)epoch * N_STREAMS + stream);
}

static void put_entries(const void *context, int64_t start, int64_t stop, const struct sink *sink)
{
    const struct swg_csr *users = ((const struct fit *)context)->users;
    int64_t row = strata_row_of(users, start);
    for (int64_t at = start; at < stop; at++) {
        while (users->indptr[row + 1] <= at)
            row++;
        strata_put(sink, (int32_t)row, users->indices[at]);
    }
}

/* An item of the block that the user has not taken, -1 where two draws found none. */
static int32_t draw_worse(const struct fit *fit, int32_t user, int block, uint64_t bits)
{
    int32_t item = strata_draw(&fit->strata, block, (uint32_t)bits);
    if (item >= 0 && fit->owner[item] == user)
        item = strata_draw(&fit->strata, block, (uint32_t)(bits >> 32));
    return item >= 0 && fit->owner[item] == user ? -1 : item;
}

/* Pairs first .. last are all of one user in the cell. */
static void take_user(const struct fit *fit, int block, int64_t first, int64_t last)
{
    const struct pair *pairs = fit->strata.pairs;
    int32_t user = pairs[first].left, better[RUN], worse[RUN];
    for (int64_t at = first; at < last; at++)
        fit->owner[pairs[at].right] = user;
    for (int64_t at = first; at < last;) {
        int64_t n = 0, stop = swg_min(last, at + RUN);
        for (; at < stop; at++) {
            better[n] = pairs[at].right;
            worse[n] = draw_worse(fit, user, block, swg_random_from(fit->key, (uint64_t)at));
            n += worse[n] >= 0;
        }
        fit->kernels->rank_pairs(fit->x + user * fit->width, fit->y, fit->bias, fit->width, better, worse, n,
                                 fit->rate, fit->keep);
    }
}

static void take_cell(const void *context, int block, int64_t first, int64_t last)
{
    const struct fit *fit = context;
    const struct pair *pairs = fit->strata.pairs;
    while (first < last) {
        int64_t stop = first + 1;
        while (stop < last && pairs[stop].left == pairs[first].left)
            stop++;
        take_user(fit, block, first, stop);
        first = stop;
    }
}

static enum swg_status run_epoch(struct fit *fit, const struct swg_bpr_options *options, int64_t epoch)
{
    struct strata *s = &fit->strata;
    int64_t n_items = fit->users->n_columns, n_stored = fit->users->n_stored;
    strata_deal(s, s->right_block, n_items, stream_key(options->seed, epoch, DEAL));
    strata_weigh(s, fit->weight, stream_key(options->seed, epoch, WEIGH));
    fit->key = stream_key(options->seed, epoch, NEGATIVES);
    for (int64_t item = 0; item < n_items; item++)
        fit->owner[item] = -1;
    enum swg_status status = strata_fill(s, put_entries, fit, 0, n_stored);
    return status == SWG_OK ? strata_run(s, take_cell, fit, n_stored, options->control) : status;
}

static void free_fit(struct fit *fit)
{
    strata_free(&fit->strata);
    free(fit->x);
    free(fit->y);
    free(fit->bias);
    free(fit->weight);
    free(fit->owner);
}

static enum swg_status make_fit(struct fit *fit, const struct swg_csr *users, const struct swg_bpr_options *options)
{
    int64_t n_users = users->n_rows, n_items = users->n_columns, width = swg_padded(options->n_factors), x_size, y_size;
    *fit = (struct fit){.users = users, .kernels = swg_kernels(), .width = width};
    if (swg_multiply(n_users, width, &x_size) != SWG_OK || swg_multiply(n_items, width, &y_size) != SWG_OK)
        return SWG_ERR_SIZE;
    fit->rate = (float)options->learning_rate;
    fit->keep = (float)(1.0 - options->learning_rate * options->regularization);
    fit->x = swg_allocate(x_size, sizeof(float));
    fit->y = swg_allocate(y_size, sizeof(float));
    fit->bias = swg_allocate(n_items, sizeof(float));
    fit->weight = swg_allocate(n_items, sizeof(float));
    fit->owner = swg_allocate(n_items, sizeof(int32_t));
    enum swg_status status =
        strata_make(&fit->strata, n_users, n_items, users->n_stored, options->n_blocks, options->n_threads);
    return fit->x && fit->y && fit->bias && fit->weight && fit->owner ? status : SWG_ERR_MEMORY;
}

static void start_fit(struct fit *fit, const struct swg_bpr_options *options)
{
    const struct swg_csr *users = fit->users;
    int64_t d = options->n_factors;
    strata_start(fit->x, users->n_rows, d, 0.5f / (float)d, options->seed);
    strata_start(fit->y, users->n_columns, d, 0.5f / (float)d, ~options->seed);
    memset(fit->bias, 0, sizeof(float) * (size_t)users->n_columns);
    strata_count(fit->weight, users, options->negative_power);
    for (int block = 0; block < fit->strata.n_blocks; block++) {
        int64_t last = swg_split_rows(users->indptr, users->n_rows, 1, block + 1, fit->strata.n_blocks);
        for (int64_t row = swg_split_rows(users->indptr, users->n_rows, 1, block, fit->strata.n_blocks); row < last; row++)
            fit->strata.left_block[row] = (uint8_t)block;
    }
}

static bool good_options(const struct swg_bpr_options *options)
{
    return options->n_factors >= 1 && options->n_factors <= SWG_BPR_MAX_FACTORS && options->n_epochs >= 0 &&
           options->learning_rate > 0.0 && isfinite(options->learning_rate) && options->regularization >= 0.0 &&
           options->learning_rate * options->regularization < 1.0 && options->negative_power >= 0.0 &&
           options->negative_power <= 1.0 && options->n_blocks >= 0 && options->n_blocks <= SWG_MAX_BLOCKS &&
           options->n_threads >= 1;
}

enum swg_status swg_bpr_fit(const struct swg_csr *users, const struct swg_bpr_options *options, float *user_factors,
                            float *item_factors, float *item_bias)
{
    if (!good_options(options) || users->n_rows > INT32_MAX)
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_csr_check(users, 0);
    if (status != SWG_OK)
        return status;
    struct fit fit;
    status = make_fit(&fit, users, options);
    if (status == SWG_OK)
        start_fit(&fit, options);
    for (int64_t epoch = 0; epoch < options->n_epochs && status == SWG_OK; epoch++)
        status = run_epoch(&fit, options, epoch);
    if (status == SWG_OK)
        status = strata_unpad(user_factors, options->n_factors, fit.x, users->n_rows);
    if (status == SWG_OK)
        status = strata_unpad(item_factors, options->n_factors, fit.y, users->n_columns);
    if (status == SWG_OK) {
        memcpy(item_bias, fit.bias, sizeof(float) * (size_t)users->n_columns);
        status = swg_check_finite(item_bias, users->n_columns);
    }
    free_fit(&fit);
    return status;
}
