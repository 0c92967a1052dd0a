#include "next_batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/parallel.h"

enum { ROWS = 64, DROPPED = 64 }; /* places handed to the kernels at a time; values that one random number masks */

static const float NO_ITEM = -1e30f; /* bias of the padding of outputs */
static const float SMALLEST = 1e-10f;
static const float MAP_RATE = 0.1f; /* of the rate of all else: every place moves all of the map */

/* Which of values 64 w .. 64 w + 63 of the k-th item before a place are kept. */
static uint64_t mask_of(const struct next_batch *b, int64_t place, int64_t k, int64_t word)
{
    int64_t n_words = (b->width + DROPPED - 1) / DROPPED;
    uint64_t counter = (b->first + (uint64_t)place) * (uint64_t)b->options->n_lags + (uint64_t)k;
    return swg_random_from(b->mask_key, counter * (uint64_t)n_words + (uint64_t)word);
}

static int64_t lags_before(const struct next_batch *b, int64_t place)
{
    return swg_min(b->options->n_lags, b->places[place].at - b->places[place].start);
}

static int32_t item_before(const struct next_batch *b, int64_t place, int64_t k)
{
    return b->histories->indices[b->places[place].at - 1 - k];
}

/* to[:] += scale * from[:], of the kept values only. */
static void add_kept(const struct next_batch *b, int64_t place, int64_t k, float scale, const float *from, float *to)
{
    for (int64_t t = 0; t < b->width; t += DROPPED) {
        uint64_t kept = mask_of(b, place, k, t / DROPPED);
        int64_t n = swg_min(DROPPED, b->width - t);
        for (int64_t i = 0; i < n; i++)
            to[t + i] += scale * (float)(kept >> i & 1) * from[t + i];
    }
}

static float dot_kept(const struct next_batch *b, int64_t place, int64_t k, const float *left, const float *right)
{
    float sum[DROPPED] = {0}, total = 0.0f;
    for (int64_t t = 0; t < b->width; t += DROPPED) {
        uint64_t kept = mask_of(b, place, k, t / DROPPED);
        int64_t n = swg_min(DROPPED, b->width - t);
        for (int64_t i = 0; i < n; i++)
            sum[i] += (float)(kept >> i & 1) * left[t + i] * right[t + i];
    }
    for (int64_t i = 0; i < DROPPED; i++)
        total += sum[i];
    return total;
}

static void find_shares(const float *lags, int64_t n, float *shares)
{
    float most = lags[0], sum = 0.0f;
    for (int64_t k = 1; k < n; k++)
        most = fmaxf(most, lags[k]);
    for (int64_t k = 0; k < n; k++)
        sum += shares[k] = expf(lags[k] - most);
    for (int64_t k = 0; k < n; k++)
        shares[k] /= sum;
}

static void touch(struct next_batch *b, int32_t item)
{
    if (b->slot[item] < 0) {
        b->slot[item] = (int32_t)b->n_touched;
        b->touched[b->n_touched++] = item;
    }
}

static void find_outputs(struct next_batch *b)
{
    b->n_touched = 0;
    for (int64_t i = 0; i < b->n_places; i++)
        touch(b, b->histories->indices[b->places[i].at]);
    for (int64_t k = 0; k < b->options->n_negatives; k++) {
        uint64_t counter = b->first * (uint64_t)(b->options->n_negatives + 1) + (uint64_t)k;
        touch(b, b->present[swg_random_from(b->negative_key, counter) % (uint64_t)b->n_present]);
    }
    b->n_outputs = b->n_touched;
    for (int64_t i = 0; i < b->n_places; i++)
        for (int64_t k = 0; k < lags_before(b, i); k++)
            touch(b, item_before(b, i, k));
}

static enum swg_status gather_outputs(void *context, int part, int n_parts)
{
    struct next_batch *b = context;
    int64_t n = swg_padded(b->n_outputs), stop = swg_split(n, part + 1, n_parts);
    for (int64_t o = swg_split(n, part, n_parts); o < stop; o++) {
        float *row = b->outputs + o * b->width;
        b->output_bias[o] = o < b->n_outputs ? b->bias[b->touched[o]] : NO_ITEM;
        if (o < b->n_outputs)
            memcpy(row, b->vectors + b->touched[o] * b->width, sizeof(float) * (size_t)b->width);
        else
            memset(row, 0, sizeof(float) * (size_t)b->width);
    }
    return SWG_OK;
}

static void make_mean(struct next_batch *b, int64_t place)
{
    float *mean = b->means + place * b->width, *shares = b->shares + place * b->options->n_lags;
    int64_t n = lags_before(b, place);
    find_shares(b->lags, n, shares);
    memset(mean, 0, sizeof(float) * (size_t)b->width);
    for (int64_t k = 0; k < n; k++)
        add_kept(b, place, k, 2.0f * shares[k], b->vectors + item_before(b, place, k) * b->width, mean);
}

/* The gradient of lags: that of a softmax whose k-th value is worth pull . (m_k * e_k). */
static void pull_lags(struct next_batch *b, int64_t place)
{
    const float *shares = b->shares + place * b->options->n_lags, *pull = b->mean_pulls + place * b->width;
    float *worth = b->lag_pulls + place * b->options->n_lags, mean = 0.0f;
    int64_t n = lags_before(b, place);
    for (int64_t k = 0; k < n; k++) {
        worth[k] = 2.0f * dot_kept(b, place, k, pull, b->vectors + item_before(b, place, k) * b->width);
        mean += shares[k] * worth[k];
    }
    for (int64_t k = 0; k < n; k++)
        worth[k] = shares[k] * (worth[k] - mean);
}

static enum swg_status judge_places(void *context, int part, int n_parts)
{
    struct next_batch *b = context;
    const struct swg_kernels *kernels = b->kernels;
    int64_t n = swg_padded(b->n_outputs), last = swg_split(b->n_places, part + 1, n_parts), w = b->width;
    for (int64_t first = swg_split(b->n_places, part, n_parts), stop; first < last; first = stop) {
        stop = swg_min(last, first + ROWS);
        float *errors = b->errors + first * b->most_outputs, *inputs = b->inputs + first * w;
        float *pulls = b->pulls + first * w;
        for (int64_t i = first; i < stop; i++)
            make_mean(b, i);
        kernels->product(inputs, w, b->means + first * w, w, b->map, w, stop - first, w, w);
        kernels->dots(errors, b->most_outputs, inputs, w, stop - first, b->outputs, w, n, w);
        for (int64_t i = first; i < stop; i++) {
            float *row = b->errors + i * b->most_outputs;
            kernels->softmax(row, b->output_bias, n, -1.0f);
            row[b->slot[b->histories->indices[b->places[i].at]]] += 1.0f;
        }
        kernels->product(pulls, w, errors, b->most_outputs, b->outputs, w, stop - first, w, n);
        kernels->dots(b->mean_pulls + first * w, w, pulls, w, stop - first, b->map, w, w, w);
        for (int64_t i = first; i < stop; i++)
            pull_lags(b, i);
    }
    return SWG_OK;
}

static enum swg_status pull_outputs(void *context, int part, int n_parts)
{
    struct next_batch *b = context;
    int64_t n_panels = swg_padded(b->n_outputs) / SWG_PANEL;
    int64_t first = swg_split(n_panels, part, n_parts) * SWG_PANEL;
    int64_t stop = swg_split(n_panels, part + 1, n_parts) * SWG_PANEL;
    b->kernels->turned_product(b->gradient + first * b->width, b->width, b->errors + first, b->most_outputs, b->inputs,
                               b->width, stop - first, b->width, b->n_places);
    for (int64_t o = first; o < stop; o++)
        b->bias_gradient[o] = 0.0f;
    for (int64_t i = 0; i < b->n_places; i++)
        for (int64_t o = first; o < stop; o++)
            b->bias_gradient[o] += b->errors[i * b->most_outputs + o];
    return SWG_OK;
}

/* On one thread: a place's items are anybody's. */
static void pull_inputs(struct next_batch *b)
{
    if (b->n_touched > b->n_outputs)
        memset(b->gradient + b->n_outputs * b->width, 0,
               sizeof(float) * (size_t)((b->n_touched - b->n_outputs) * b->width));
    for (int64_t i = 0; i < b->n_places; i++) {
        const float *shares = b->shares + i * b->options->n_lags;
        for (int64_t k = 0; k < lags_before(b, i); k++)
            add_kept(b, i, k, 2.0f * shares[k], b->mean_pulls + i * b->width,
                     b->gradient + b->slot[item_before(b, i, k)] * b->width);
    }
}

static void climb(float *value, float *seen, const float *gradient, int64_t n, float rate)
{
    for (int64_t t = 0; t < n; t++) {
        seen[t] += gradient[t] * gradient[t];
        value[t] += rate * gradient[t] / (sqrtf(seen[t]) + SMALLEST);
    }
}

static enum swg_status step_items(void *context, int part, int n_parts)
{
    struct next_batch *b = context;
    float rate = (float)b->options->learning_rate;
    int64_t stop = swg_split(b->n_touched, part + 1, n_parts);
    for (int64_t o = swg_split(b->n_touched, part, n_parts); o < stop; o++) {
        int64_t item = b->touched[o];
        b->slot[item] = -1;
        climb(b->vectors + item * b->width, b->seen + item * b->width, b->gradient + o * b->width, b->width, rate);
        if (o < b->n_outputs)
            climb(b->bias + item, b->bias_seen + item, b->bias_gradient + o, 1, rate);
    }
    return SWG_OK;
}

static void step_lags(struct next_batch *b)
{
    float sum[SWG_NEXT_MAX_LAGS] = {0};
    for (int64_t i = 0; i < b->n_places; i++)
        for (int64_t k = 0; k < lags_before(b, i); k++)
            sum[k] += b->lag_pulls[i * b->options->n_lags + k];
    climb(b->lags, b->lags_seen, sum, b->options->n_lags, (float)b->options->learning_rate);
}

static void step_map(struct next_batch *b)
{
    b->kernels->turned_product(b->map_gradient, b->width, b->means, b->width, b->pulls, b->width, b->width, b->width,
                               b->n_places);
    climb(b->map, b->map_seen, b->map_gradient, b->width * b->width, MAP_RATE * (float)b->options->learning_rate);
}

enum swg_status next_batch_step(struct next_batch *b, const struct next_place *places, int64_t n, uint64_t first)
{
    b->places = places;
    b->n_places = n;
    b->first = first;
    find_outputs(b);
    int n_threads = swg_threads_for(n * b->n_outputs, 1 << 14, b->options->n_threads);
    enum swg_status status = swg_parallel(n_threads, gather_outputs, b);
    if (status == SWG_OK)
        status = swg_parallel(n_threads, judge_places, b);
    if (status == SWG_OK)
        status = swg_parallel(n_threads, pull_outputs, b);
    if (status != SWG_OK)
        return status;
    pull_inputs(b);
    step_lags(b);
    step_map(b);
    return swg_parallel(n_threads, step_items, b);
}

static void find_present(struct next_batch *b)
{
    const struct swg_csr *histories = b->histories;
    memset(b->slot, 0, sizeof(int32_t) * (size_t)histories->n_columns);
    for (int64_t at = 0; at < histories->n_stored; at++)
        b->slot[histories->indices[at]] = 1;
    for (int64_t item = 0; item < histories->n_columns; item++) {
        if (b->slot[item])
            b->present[b->n_present++] = (int32_t)item;
        b->slot[item] = -1;
    }
}

static float *zeros(int64_t n)
{
    float *values = swg_allocate(n, sizeof(float));
    if (values)
        memset(values, 0, sizeof(float) * (size_t)n);
    return values;
}

static enum swg_status allocate(struct next_batch *b, int64_t batch)
{
    int64_t n_items = b->histories->n_columns, n_lags = b->options->n_lags, size, touched_size;
    if (swg_multiply(n_items, b->width, &size) != SWG_OK ||
        swg_multiply(b->most_touched, b->width, &touched_size) != SWG_OK)
        return SWG_ERR_SIZE;
    int64_t square = b->width * b->width, rows = batch * b->width;
    b->slot = swg_allocate(n_items, sizeof(int32_t));
    b->present = swg_allocate(n_items, sizeof(int32_t));
    b->touched = swg_allocate(b->most_touched, sizeof(int32_t));
    float **const wanted[] = {&b->vectors, &b->seen, &b->bias, &b->bias_seen, &b->lags, &b->lags_seen,
                              &b->map, &b->map_seen, &b->map_gradient, &b->outputs, &b->output_bias, &b->means,
                              &b->mean_pulls, &b->inputs, &b->pulls, &b->errors, &b->shares, &b->lag_pulls,
                              &b->gradient, &b->bias_gradient};
    const int64_t sizes[] = {size, size, n_items, n_items, n_lags, n_lags,
                             square, square, square, b->most_outputs * b->width, b->most_outputs, rows,
                             rows, rows, rows, batch * b->most_outputs, batch * n_lags, batch * n_lags,
                             touched_size, b->most_outputs};
    bool whole = b->slot && b->present && b->touched;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        whole = (*wanted[i] = zeros(sizes[i])) && whole;
    return whole ? SWG_OK : SWG_ERR_MEMORY;
}

enum swg_status next_batch_make(struct next_batch *b, const struct swg_csr *histories,
                                const struct swg_next_options *options)
{
    int64_t n_items = histories->n_columns, batch = swg_min(options->batch, histories->n_stored);
    *b = (struct next_batch){.histories = histories, .options = options, .kernels = swg_kernels(),
                             .width = swg_padded(options->n_factors)};
    b->most_outputs = swg_padded(swg_min(n_items, batch + options->n_negatives));
    b->most_touched = swg_padded(swg_min(n_items, batch * (1 + options->n_lags) + options->n_negatives));
    enum swg_status status = allocate(b, batch);
    if (status == SWG_OK)
        find_present(b);
    return status;
}

void next_batch_free(struct next_batch *b)
{
    float *const arrays[] = {b->vectors, b->seen, b->bias, b->bias_seen, b->lags, b->lags_seen, b->map, b->map_seen,
                             b->map_gradient, b->outputs, b->output_bias, b->means, b->mean_pulls, b->inputs,
                             b->pulls, b->errors, b->shares, b->lag_pulls, b->gradient, b->bias_gradient};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        free(arrays[i]);
    free(b->slot);
    free(b->present);
    free(b->touched);
}
