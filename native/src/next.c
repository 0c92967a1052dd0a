#include "swg/next.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "next_batch.h"
#include "strata.h"

static const float FIRST_FALL = 0.3f;   /* of the weight of a lag below that of the one after it, at the start */
static const float FIRST_SCALE = 0.035f; /* of the vectors */

/* Streams of random numbers, apart from those of the starts (one a row). */
enum stream { DEAL = 1, MASKS, NEGATIVES, N_STREAMS };

static uint64_t stream_key(uint64_t seed, int64_t epoch, enum stream stream)
{
    return swg_random_key(~seed, (uint64_t)epoch * N_STREAMS + stream);
}

/* Places with one before them, row by row, and where their rows start. */
static int64_t find_places(const struct swg_csr *histories, struct next_place *places)
{
    int64_t n = 0;
    for (int64_t row = 0; row < histories->n_rows; row++)
        for (int64_t at = histories->indptr[row] + 1; at < histories->indptr[row + 1]; at++) {
            if (places)
                places[n] = (struct next_place){at, histories->indptr[row]};
            n++;
        }
    return n;
}

static void deal_places(struct next_place *places, int64_t n, uint64_t key)
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)(swg_random_from(key, (uint64_t)i) % (uint64_t)(i + 1));
        struct next_place place = places[i];
        places[i] = places[j];
        places[j] = place;
    }
}

static enum swg_status run_epoch(struct next_batch *batch, struct next_place *places, int64_t n_places,
                                 const struct swg_next_options *options, int64_t epoch)
{
    enum swg_status status = SWG_OK;
    deal_places(places, n_places, stream_key(options->seed, epoch, DEAL));
    batch->mask_key = stream_key(options->seed, epoch, MASKS);
    batch->negative_key = stream_key(options->seed, epoch, NEGATIVES);
    for (int64_t first = 0; first < n_places && status == SWG_OK; first += options->batch) {
        int64_t n = swg_min(options->batch, n_places - first);
        status = next_batch_step(batch, places + first, n, (uint64_t)first);
        if (status == SWG_OK && swg_control_step(options->control, n))
            status = SWG_ERR_CANCELLED;
    }
    return status;
}

static bool good_options(const struct swg_next_options *options)
{
    return options->n_factors >= 1 && options->n_factors <= SWG_NEXT_MAX_FACTORS && options->n_lags >= 1 &&
           options->n_lags <= SWG_NEXT_MAX_LAGS && options->learning_rate > 0.0 && isfinite(options->learning_rate) &&
           options->n_negatives >= 0 && options->n_negatives <= SWG_NEXT_MAX_BATCH && options->batch >= 1 &&
           options->batch <= SWG_NEXT_MAX_BATCH && options->n_epochs >= 0 && options->n_threads >= 1;
}

static enum swg_status write_out(const struct next_batch *batch, const struct swg_next_options *options,
                                 float *item_factors, float *next_factors, float *item_bias, float *lag_weights)
{
    int64_t n_items = batch->histories->n_columns;
    memcpy(item_bias, batch->bias, sizeof(float) * (size_t)n_items);
    memcpy(lag_weights, batch->lags, sizeof(float) * (size_t)options->n_lags);
    enum swg_status status = strata_unpad(item_factors, options->n_factors, batch->vectors, n_items);
    batch->kernels->dots(batch->seen, batch->width, batch->vectors, batch->width, n_items, batch->map, batch->width,
                         batch->width, batch->width);
    if (status == SWG_OK)
        status = strata_unpad(next_factors, options->n_factors, batch->seen, n_items);
    if (status == SWG_OK)
        status = swg_check_finite(item_bias, n_items);
    return status == SWG_OK ? swg_check_finite(lag_weights, options->n_lags) : status;
}

enum swg_status swg_next_fit(const struct swg_csr *histories, const struct swg_next_options *options,
                             float *item_factors, float *next_factors, float *item_bias, float *lag_weights)
{
    if (!good_options(options))
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_csr_check(histories, 0);
    if (status != SWG_OK)
        return status;
    struct next_batch batch;
    int64_t n_places = find_places(histories, NULL);
    struct next_place *places = swg_allocate(n_places, sizeof(struct next_place));
    status = next_batch_make(&batch, histories, options);
    if (status == SWG_OK && !places)
        status = SWG_ERR_MEMORY;
    if (status == SWG_OK) {
        strata_start(batch.vectors, histories->n_columns, options->n_factors, FIRST_SCALE, options->seed);
        for (int64_t t = 0; t < options->n_factors; t++)
            batch.map[t * batch.width + t] = 1.0f;
        for (int64_t k = 0; k < options->n_lags; k++)
            batch.lags[k] = -FIRST_FALL * (float)k;
        for (int64_t epoch = 0; epoch < options->n_epochs && status == SWG_OK; epoch++) {
            find_places(histories, places);
            status = run_epoch(&batch, places, n_places, options, epoch);
        }
    }
    if (status == SWG_OK)
        status = write_out(&batch, options, item_factors, next_factors, item_bias, lag_weights);
    next_batch_free(&batch);
    free(places);
    return status;
}
