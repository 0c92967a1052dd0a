#include "swg/item2vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "strata.h"
#include "swg/dense.h"
#include "swg/parallel.h"

enum { CHUNK = 1 << 17 }; /* places whose pairs are held at a time */

/* Streams of random numbers, apart from those of the start (one a row). */
enum stream { DEAL_LEFT = 1, DEAL_RIGHT, WEIGH, REACH, SHUFFLE, NEGATIVES, N_STREAMS };

static const float LAST_RATE = 1e-3f; /* of the first one */

struct fit {
    const struct swg_csr *histories;
    const struct swg_item2vec_options *options;
    const struct swg_kernels *kernels;
    struct strata strata;
    int64_t width;
    float *y, *z, *weight; /* [n_items, width] twice, [n_items] */
    int32_t *dealt;        /* [n_stored] items in shuffled order, or NULL */
    const int32_t *items;  /* [n_stored] of the epoch */
    float rate;
    uint64_t reach_key, shuffle_key, negative_key;
    int64_t n_before; /* pairs of the epoch's chunks before */
};

static uint64_t stream_key(uint64_t seed, int64_t epoch, enum stream stream)
{
    return swg_random_key(~seed, (uint64_t)epoch * N_STREAMS + stream);
}

static void put_place(const struct fit *fit, int64_t first, int64_t last, int64_t at, const struct sink *sink)
{
    int64_t reach = 1 + (int64_t)(swg_random_from(fit->reach_key, (uint64_t)at) % (uint64_t)fit->options->window);
    int64_t stop = swg_min(last, at + reach + 1);
    for (int64_t other = swg_max(first, at - reach); other < stop; other++)
        if (fit->items[other] != fit->items[at])
            strata_put(sink, fit->items[other], fit->items[at]);
}

static void put_pairs(const void *context, int64_t start, int64_t stop, const struct sink *sink)
{
    const struct fit *fit = context;
    const int64_t *indptr = fit->histories->indptr;
    int64_t row = strata_row_of(fit->histories, start);
    for (int64_t at = start; at < stop; at++) {
        while (indptr[row + 1] <= at)
            row++;
        put_place(fit, indptr[row], indptr[row + 1], at, sink);
    }
}

static void take_cell(const void *context, int block, int64_t first, int64_t last)
{
    const struct fit *fit = context;
    int64_t n_negatives = fit->options->n_negatives, n_numbers = (n_negatives + 1) / 2;
    for (int64_t at = first; at < last; at++) {
        struct pair pair = fit->strata.pairs[at];
        int32_t rows[SWG_MAX_OUTPUTS];
        int64_t n = 1;
        uint64_t counter = (uint64_t)((fit->n_before + at) * n_numbers), bits = 0;
        rows[0] = pair.right;
        for (int64_t k = 0; k < n_negatives; k++) {
            bits = k % 2 ? bits >> 32 : swg_random_from(fit->negative_key, counter++);
            rows[n] = strata_draw(&fit->strata, block, (uint32_t)bits);
            n += rows[n] != pair.right;
        }
        fit->kernels->sample_step(fit->y + pair.left * fit->width, fit->z, fit->width, rows, n, fit->rate);
    }
}

/* Fisher and Yates, by numbers that belong to the places. */
static enum swg_status shuffle_part(void *context, int part, int n_parts)
{
    const struct fit *fit = context;
    const struct swg_csr *histories = fit->histories;
    int64_t stop = swg_split_rows(histories->indptr, histories->n_rows, 1, part + 1, n_parts);
    for (int64_t row = swg_split_rows(histories->indptr, histories->n_rows, 1, part, n_parts); row < stop; row++) {
        int64_t first = histories->indptr[row], n = histories->indptr[row + 1] - first;
        int32_t *dealt = fit->dealt + first;
        memcpy(dealt, histories->indices + first, sizeof(int32_t) * (size_t)n);
        for (int64_t i = n - 1; i > 0; i--) {
            int64_t j = (int64_t)(swg_random_from(fit->shuffle_key, (uint64_t)(first + i)) % (uint64_t)(i + 1));
            int32_t item = dealt[i];
            dealt[i] = dealt[j];
            dealt[j] = item;
        }
    }
    return SWG_OK;
}

static enum swg_status start_epoch(struct fit *fit, int64_t epoch)
{
    uint64_t seed = fit->options->seed;
    struct strata *s = &fit->strata;
    strata_deal(s, s->left_block, s->n_left, stream_key(seed, epoch, DEAL_LEFT));
    strata_deal(s, s->right_block, s->n_right, stream_key(seed, epoch, DEAL_RIGHT));
    strata_weigh(s, fit->weight, stream_key(seed, epoch, WEIGH));
    fit->reach_key = stream_key(seed, epoch, REACH);
    fit->shuffle_key = stream_key(seed, epoch, SHUFFLE);
    fit->negative_key = stream_key(seed, epoch, NEGATIVES);
    fit->n_before = 0;
    int n_threads = swg_threads_for(fit->histories->n_stored, 1 << 15, fit->options->n_threads);
    return fit->dealt ? swg_parallel(n_threads, shuffle_part, fit) : SWG_OK;
}

static enum swg_status run_epoch(struct fit *fit, int64_t epoch)
{
    int64_t n = fit->histories->n_stored;
    enum swg_status status = start_epoch(fit, epoch);
    for (int64_t at = 0; at < n && status == SWG_OK; at += CHUNK) {
        int64_t stop = swg_min(n, at + CHUNK);
        double done = ((double)epoch + (double)at / (double)n) / (double)fit->options->n_epochs;
        fit->rate = (float)fit->options->learning_rate * fmaxf(LAST_RATE, 1.0f - (float)done);
        status = strata_fill(&fit->strata, put_pairs, fit, at, stop);
        if (status == SWG_OK)
            status = strata_run(&fit->strata, take_cell, fit, stop - at, fit->options->control);
        fit->n_before += fit->strata.starts[fit->strata.n_blocks * fit->strata.n_blocks];
    }
    return status;
}

static void free_fit(struct fit *fit)
{
    strata_free(&fit->strata);
    free(fit->y);
    free(fit->z);
    free(fit->weight);
    free(fit->dealt);
}

static enum swg_status make_fit(struct fit *fit, const struct swg_csr *histories,
                                const struct swg_item2vec_options *options)
{
    int64_t n_items = histories->n_columns, width = swg_padded(options->n_factors), size;
    *fit = (struct fit){.histories = histories, .options = options, .kernels = swg_kernels(), .width = width};
    if (swg_multiply(n_items, width, &size) != SWG_OK)
        return SWG_ERR_SIZE;
    fit->y = swg_allocate(size, sizeof(float));
    fit->z = swg_allocate(size, sizeof(float));
    fit->weight = swg_allocate(n_items, sizeof(float));
    fit->dealt = options->shuffle ? swg_allocate(histories->n_stored, sizeof(int32_t)) : NULL;
    fit->items = fit->dealt ? fit->dealt : histories->indices;
    enum swg_status status =
        strata_make(&fit->strata, n_items, n_items, swg_min(CHUNK, histories->n_stored) * 2 * options->window,
                    options->n_blocks, options->n_threads);
    return fit->y && fit->z && fit->weight && (fit->dealt || !options->shuffle) ? status : SWG_ERR_MEMORY;
}

static bool good_options(const struct swg_item2vec_options *options)
{
    return options->n_factors >= 1 && options->n_factors <= SWG_ITEM2VEC_MAX_FACTORS && options->n_epochs >= 0 &&
           options->learning_rate > 0.0 && isfinite(options->learning_rate) && options->negative_power >= 0.0 &&
           options->negative_power <= 1.0 && options->window >= 1 && options->window <= SWG_ITEM2VEC_MAX_WINDOW &&
           options->n_negatives >= 1 && options->n_negatives <= SWG_ITEM2VEC_MAX_NEGATIVES && options->n_blocks >= 0 &&
           options->n_blocks <= SWG_MAX_BLOCKS && options->n_threads >= 1;
}

enum swg_status swg_item2vec_fit(const struct swg_csr *histories, const struct swg_item2vec_options *options,
                                 float *item_factors, float *context_factors)
{
    if (!good_options(options))
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_csr_check(histories, 0);
    if (status != SWG_OK)
        return status;
    struct fit fit;
    int64_t d = options->n_factors, n_items = histories->n_columns;
    status = make_fit(&fit, histories, options);
    if (status == SWG_OK) {
        strata_start(fit.y, n_items, d, 1.0f / (float)d, options->seed);
        memset(fit.z, 0, sizeof(float) * (size_t)(n_items * fit.width));
        strata_count(fit.weight, histories, options->negative_power);
    }
    for (int64_t epoch = 0; epoch < options->n_epochs && status == SWG_OK; epoch++)
        status = run_epoch(&fit, epoch);
    if (status == SWG_OK)
        status = strata_unpad(item_factors, d, fit.y, n_items);
    if (status == SWG_OK)
        status = strata_unpad(context_factors, d, fit.z, n_items);
    free_fit(&fit);
    return status;
}
