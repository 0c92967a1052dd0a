#include "swg/topk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/dense.h"
#include "swg/parallel.h"

enum { QUERY_BLOCK = 16, ITEM_BLOCK = 256 };

static bool worse(float value, int32_t index, float other_value, int32_t other_index)
{
    return value < other_value || (value == other_value && index > other_index);
}

/* Lets (value, index) sink from the root of a heap of `count` places. */
static void sink(struct swg_best *best, int64_t count, int32_t index, float value)
{
    int64_t place = 0;
    for (;;) {
        int64_t child = 2 * place + 1;
        if (child >= count)
            break;
        if (child + 1 < count && worse(best->values[child + 1], best->indices[child + 1], best->values[child],
                                       best->indices[child]))
            child++;
        if (!worse(best->values[child], best->indices[child], value, index))
            break;
        best->values[place] = best->values[child];
        best->indices[place] = best->indices[child];
        place = child;
    }
    best->values[place] = value;
    best->indices[place] = index;
}

static void rise(struct swg_best *best, int64_t place, int32_t index, float value)
{
    while (place > 0) {
        int64_t parent = (place - 1) / 2;
        if (!worse(value, index, best->values[parent], best->indices[parent]))
            break;
        best->values[place] = best->values[parent];
        best->indices[place] = best->indices[parent];
        place = parent;
    }
    best->values[place] = value;
    best->indices[place] = index;
}

void swg_best_offer(struct swg_best *best, int32_t index, float value)
{
    if (value != value || best->capacity == 0)
        return;
    if (best->count < best->capacity)
        rise(best, best->count++, index, value);
    else if (worse(best->values[0], best->indices[0], value, index))
        sink(best, best->count, index, value);
}

void swg_best_sort(struct swg_best *best)
{
    for (int64_t last = best->count - 1; last > 0; last--) {
        int32_t index = best->indices[last];
        float value = best->values[last];
        best->indices[last] = best->indices[0];
        best->values[last] = best->values[0];
        sink(best, last, index, value);
    }
}

struct job {
    const struct swg_topk_input *input;
    int64_t k, width;
    int64_t *control;
    int32_t *indices;
    float *scores;
};

struct scratch {
    float *queries; /* [QUERY_BLOCK, width] */
    float *items;   /* [ITEM_BLOCK, width], used when rows need padding */
    float *scores;  /* [QUERY_BLOCK, ITEM_BLOCK] */
    int32_t *excluded; /* the sorted exclusions of the block's queries */
};

static int by_index(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static bool contains(const int32_t *sorted, int64_t n, int32_t index)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && sorted[low] == index;
}

static void pad_rows(float *to, int64_t width, const float *from, int64_t d, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        memcpy(to + i * width, from + i * d, sizeof(float) * (size_t)d);
        memset(to + i * width + d, 0, sizeof(float) * (size_t)(width - d));
    }
}

/* Offers scores[0:n] of items first .. first + n to one query. */
static void offer_block(struct swg_best *best, const float *scores, const float *bias, int64_t first, int64_t n,
                        const int32_t *excluded, int64_t n_excluded)
{
    for (int64_t i = 0; i < n; i++) {
        float score = bias ? scores[i] + bias[first + i] : scores[i];
        /* Items come in rising order: a tie with the worst kept one cannot displace it. */
        if (best->count == best->capacity && !(score > best->values[0]))
            continue;
        if (!contains(excluded, n_excluded, (int32_t)(first + i)))
            swg_best_offer(best, (int32_t)(first + i), score);
    }
}

static void finish_query(struct swg_best *best)
{
    swg_best_sort(best);
    for (int64_t i = best->count; i < best->capacity; i++) {
        best->indices[i] = -1;
        best->values[i] = -INFINITY;
    }
}

static void sort_exclusions(const struct swg_csr *exclude, int64_t start, int64_t n, int32_t *sorted)
{
    const int64_t *indptr = exclude->indptr + start;
    memcpy(sorted, exclude->indices + indptr[0], sizeof(int32_t) * (size_t)(indptr[n] - indptr[0]));
    for (int64_t q = 0; q < n; q++)
        qsort(sorted + (indptr[q] - indptr[0]), (size_t)(indptr[q + 1] - indptr[q]), sizeof(int32_t), by_index);
}

static void search_block(const struct job *job, struct scratch *s, int64_t start, int64_t n)
{
    const struct swg_topk_input *in = job->input;
    const int64_t *indptr = in->exclude ? in->exclude->indptr + start : NULL;
    struct swg_best best[QUERY_BLOCK];
    for (int64_t q = 0; q < n; q++) {
        int64_t place = (start + q) * job->k;
        best[q] = (struct swg_best){job->k, 0, job->indices + place, job->scores + place};
    }
    pad_rows(s->queries, job->width, in->queries + start * in->d, in->d, n);
    if (indptr)
        sort_exclusions(in->exclude, start, n, s->excluded);
    for (int64_t first = 0; first < in->m; first += ITEM_BLOCK) {
        int64_t count = swg_min(ITEM_BLOCK, in->m - first);
        const float *items = in->items + first * in->d;
        if (in->d != job->width) {
            pad_rows(s->items, job->width, items, in->d, count);
            items = s->items;
        }
        swg_kernels()->dots(s->scores, ITEM_BLOCK, s->queries, job->width, n, items, job->width, count,
                            job->width);
        for (int64_t q = 0; q < n; q++) {
            const int32_t *excluded = indptr ? s->excluded + (indptr[q] - indptr[0]) : NULL;
            int64_t n_excluded = indptr ? indptr[q + 1] - indptr[q] : 0;
            offer_block(&best[q], s->scores + q * ITEM_BLOCK, in->item_bias, first, count, excluded, n_excluded);
        }
    }
    for (int64_t q = 0; q < n; q++)
        finish_query(&best[q]);
}

static int64_t most_exclusions(const struct swg_csr *exclude, int64_t start, int64_t stop)
{
    int64_t most = 1;
    for (int64_t q = start; exclude && q < stop; q += QUERY_BLOCK)
        most = swg_max(most, exclude->indptr[swg_min(stop, q + QUERY_BLOCK)] - exclude->indptr[q]);
    return most;
}

static enum swg_status search_part(void *context, int part, int n_parts)
{
    const struct job *job = context;
    int64_t start = swg_split(job->input->n, part, n_parts), stop = swg_split(job->input->n, part + 1, n_parts);
    struct scratch s = {
        .queries = swg_allocate(QUERY_BLOCK * job->width, sizeof(float)),
        .items = swg_allocate(ITEM_BLOCK * job->width, sizeof(float)),
        .scores = swg_allocate(QUERY_BLOCK * ITEM_BLOCK, sizeof(float)),
        .excluded = swg_allocate(most_exclusions(job->input->exclude, start, stop), sizeof(int32_t)),
    };
    enum swg_status status = s.queries && s.items && s.scores && s.excluded ? SWG_OK : SWG_ERR_MEMORY;
    for (int64_t at = start; at < stop && status == SWG_OK; at += QUERY_BLOCK) {
        int64_t n = swg_min(QUERY_BLOCK, stop - at);
        search_block(job, &s, at, n);
        if (swg_control_step(job->control, n))
            status = SWG_ERR_CANCELLED;
    }
    free(s.queries);
    free(s.items);
    free(s.scores);
    free(s.excluded);
    return status;
}

enum swg_status swg_topk(const struct swg_topk_input *input, int64_t k, int n_threads, int64_t *control,
                         int32_t *indices, float *scores)
{
    int64_t size;
    if (k < 1 || input->d < 1 || input->n < 0 || input->m < 0)
        return SWG_ERR_ARGUMENT;
    if (input->m > INT32_MAX || swg_multiply(input->n, k, &size) != SWG_OK ||
        swg_multiply(input->m, input->d, &size) != SWG_OK || swg_multiply(input->n, input->d, &size) != SWG_OK)
        return SWG_ERR_SIZE;
    if (input->exclude) {
        if (input->exclude->n_rows != input->n || input->exclude->n_columns != input->m)
            return SWG_ERR_ARGUMENT;
        enum swg_status status = swg_csr_check(input->exclude, 0);
        if (status != SWG_OK)
            return status;
    }
    struct job job = {input, k, swg_padded(input->d), control, indices, scores};
    int64_t blocks = (input->n + QUERY_BLOCK - 1) / QUERY_BLOCK;
    int threads = swg_threads_for(input->n * (input->m / 16 + 1) * job.width, 1 << 16, n_threads);
    return swg_parallel((int)swg_max(1, swg_min(blocks, threads)), search_part, &job);
}
