#include "swg/covisit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "accumulator.h"
#include "swg/parallel.h"

static int by_index(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

struct count_job {
    const struct swg_covisit_input *input;
    double *powers;      /* [reach + 1]: powers[distance] = decay^(distance - 1), all > 0 */
    int64_t reach;       /* largest distance that counts */
    int64_t *starts;     /* [n_items + 1] occurrences of item i: starts[i] .. starts[i + 1] */
    int64_t *place;      /* [n_stored] place of the occurrence in histories->indices */
    int32_t *row;        /* [n_stored] its history */
    int64_t *control;
    int64_t *sizes;      /* output of the first call */
    const int64_t *indptr; /* input and outputs of the second */
    int32_t *columns;
    float *counts;
};

static void free_count(struct count_job *job)
{
    free(job->powers);
    free(job->starts);
    free(job->place);
    free(job->row);
}

static int64_t longest_row(const struct swg_csr *matrix)
{
    int64_t longest = 0;
    for (int64_t row = 0; row < matrix->n_rows; row++)
        longest = swg_max(longest, matrix->indptr[row + 1] - matrix->indptr[row]);
    return longest;
}

static enum swg_status make_powers(struct count_job *job)
{
    const struct swg_covisit_input *input = job->input;
    int64_t limit = swg_max(0, longest_row(input->histories) - 1);
    if (input->window > 0)
        limit = swg_min(limit, input->window);
    job->powers = swg_allocate(limit + 1, sizeof(double));
    if (!job->powers)
        return SWG_ERR_MEMORY;
    double power = 1.0;
    for (job->reach = 0; job->reach < limit && power > 0.0; power *= input->decay)
        job->powers[++job->reach] = power;
    return SWG_OK;
}

static enum swg_status index_occurrences(struct count_job *job)
{
    const struct swg_csr *histories = job->input->histories;
    job->starts = calloc((size_t)histories->n_columns + 2, sizeof(int64_t));
    job->place = swg_allocate(histories->n_stored, sizeof(int64_t));
    job->row = swg_allocate(histories->n_stored, sizeof(int32_t));
    if (!job->starts || !job->place || !job->row)
        return SWG_ERR_MEMORY;
    int64_t *cursor = job->starts + 1; /* after the filling, cursor[i] is the end of item i: starts[i + 1] */
    for (int64_t i = 0; i < histories->n_stored; i++)
        cursor[histories->indices[i] + 1]++;
    for (int64_t item = 0; item < histories->n_columns; item++)
        cursor[item + 1] += cursor[item];
    for (int64_t row = 0; row < histories->n_rows; row++)
        for (int64_t i = histories->indptr[row]; i < histories->indptr[row + 1]; i++) {
            int64_t at = cursor[histories->indices[i]]++;
            job->place[at] = i;
            job->row[at] = (int32_t)row;
        }
    return SWG_OK;
}

/* Adds what one occurrence of `item` says about the items after it (forward) and before it (backward). */
static void add_occurrence(const struct count_job *job, int32_t item, int64_t at, double weight,
                           struct accumulator *sums)
{
    const struct swg_covisit_input *input = job->input;
    const struct swg_csr *histories = input->histories;
    const int32_t *items = histories->indices;
    int64_t here = job->place[at], row = job->row[at];
    double ahead = input->forward * weight, behind = input->backward * weight;
    if (ahead > 0.0) {
        int64_t last = swg_min(histories->indptr[row + 1] - 1, here + job->reach);
        for (int64_t other = here + 1; other <= last; other++)
            if (items[other] != item)
                accumulate(sums, items[other], ahead * job->powers[other - here]);
    }
    if (behind > 0.0) {
        int64_t first = swg_max(histories->indptr[row], here - job->reach);
        for (int64_t other = first; other < here; other++)
            if (items[other] != item)
                accumulate(sums, items[other], behind * job->powers[here - other]);
    }
}

static void add_item(const struct count_job *job, int32_t item, struct accumulator *sums)
{
    const float *row_weight = job->input->row_weight;
    for (int64_t at = job->starts[item]; at < job->starts[item + 1]; at++)
        add_occurrence(job, item, at, row_weight ? (double)row_weight[job->row[at]] : 1.0, sums);
}

static enum swg_status store_row(const struct count_job *job, int32_t item, struct accumulator *sums)
{
    if (job->sizes) {
        job->sizes[item] = sums->count;
        return SWG_OK;
    }
    int64_t start = job->indptr[item];
    if (job->indptr[item + 1] - start != sums->count)
        return SWG_ERR_CAPACITY;
    qsort(sums->touched, (size_t)sums->count, sizeof(int32_t), by_index);
    for (int64_t i = 0; i < sums->count; i++) {
        job->columns[start + i] = sums->touched[i];
        job->counts[start + i] = (float)sums->sums[sums->touched[i]];
    }
    return SWG_OK;
}

static enum swg_status count_part(void *context, int part, int n_parts)
{
    const struct count_job *job = context;
    int64_t n_items = job->input->histories->n_columns;
    struct accumulator sums;
    enum swg_status status = make_accumulator(&sums, n_items);
    if (status != SWG_OK)
        return status;
    int64_t item = swg_split_rows(job->starts, n_items, 1, part, n_parts);
    int64_t stop = swg_split_rows(job->starts, n_items, 1, part + 1, n_parts);
    for (; item < stop && status == SWG_OK; item++) {
        add_item(job, (int32_t)item, &sums);
        status = store_row(job, (int32_t)item, &sums);
        clear_accumulator(&sums);
        if (swg_control_step(job->control, 1) && status == SWG_OK)
            status = SWG_ERR_CANCELLED;
    }
    free_accumulator(&sums);
    return status;
}

static enum swg_status check_count(const struct swg_covisit_input *input)
{
    bool good = input->window >= 0 && input->decay >= 0.0 && input->decay <= 1.0 && input->forward >= 0.0 &&
                input->backward >= 0.0 && isfinite(input->forward) && isfinite(input->backward);
    if (!good || input->histories->n_columns > INT32_MAX || input->histories->n_rows > INT32_MAX)
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_csr_check(input->histories, 0);
    if (status == SWG_OK && input->row_weight)
        status = swg_check_finite(input->row_weight, input->histories->n_rows);
    for (int64_t row = 0; status == SWG_OK && input->row_weight && row < input->histories->n_rows; row++)
        status = input->row_weight[row] < 0.0f ? SWG_ERR_NEGATIVE : SWG_OK;
    return status;
}

static enum swg_status run_count(struct count_job *job, int n_threads)
{
    enum swg_status status = check_count(job->input);
    if (status != SWG_OK)
        return status;
    status = make_powers(job);
    if (status == SWG_OK)
        status = index_occurrences(job);
    if (status == SWG_OK)
        status = swg_parallel(swg_threads_for(job->input->histories->n_stored, 1 << 12, n_threads), count_part, job);
    free_count(job);
    return status;
}

enum swg_status swg_covisit_sizes(const struct swg_covisit_input *input, int n_threads, int64_t *control,
                                  int64_t *sizes)
{
    struct count_job job = {.input = input, .control = control, .sizes = sizes};
    return run_count(&job, n_threads);
}

enum swg_status swg_covisit_fill(const struct swg_covisit_input *input, int n_threads, int64_t *control,
                                 const int64_t *indptr, int32_t *columns, float *counts)
{
    struct count_job job = {
        .input = input, .control = control, .indptr = indptr, .columns = columns, .counts = counts};
    return run_count(&job, n_threads);
}
