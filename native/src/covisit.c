#include "swg/covisit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/parallel.h"
#include "swg/topk.h"

/* A dense row that remembers which columns were touched. */
struct accumulator {
    double *sums;     /* [n_columns], zero between rows */
    int32_t *touched; /* [n_columns] */
    bool *seen;       /* [n_columns], false between rows */
    int64_t count;
};

static void free_accumulator(struct accumulator *row)
{
    free(row->sums);
    free(row->touched);
    free(row->seen);
}

static enum swg_status make_accumulator(struct accumulator *row, int64_t n_columns)
{
    *row = (struct accumulator){
        .sums = calloc((size_t)n_columns + 1, sizeof(double)),
        .touched = swg_allocate(n_columns, sizeof(int32_t)),
        .seen = calloc((size_t)n_columns + 1, sizeof(bool)),
    };
    if (row->sums && row->touched && row->seen)
        return SWG_OK;
    free_accumulator(row);
    return SWG_ERR_MEMORY;
}

static inline void accumulate(struct accumulator *row, int32_t column, double value)
{
    if (!row->seen[column]) {
        row->seen[column] = true;
        row->touched[row->count++] = column;
    }
    row->sums[column] += value;
}

static void clear_accumulator(struct accumulator *row)
{
    for (int64_t i = 0; i < row->count; i++) {
        row->sums[row->touched[i]] = 0.0;
        row->seen[row->touched[i]] = false;
    }
    row->count = 0;
}

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
    int64_t stop = swg_split_rows(job->starts, n_items, 1, part + 1, n_parts);
    for (int64_t item = swg_split_rows(job->starts, n_items, 1, part, n_parts); item < stop && status == SWG_OK; item++) {
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
    struct count_job job = {.input = input, .control = control, .indptr = indptr, .columns = columns, .counts = counts};
    return run_count(&job, n_threads);
}

struct top_job {
    const struct swg_csr *matrix;
    const int64_t *out_indptr;
    int32_t *columns;
    float *values;
};

static enum swg_status top_part(void *context, int part, int n_parts)
{
    const struct top_job *job = context;
    const struct swg_csr *matrix = job->matrix;
    int64_t stop = swg_split_rows(matrix->indptr, matrix->n_rows, 4, part + 1, n_parts);
    for (int64_t row = swg_split_rows(matrix->indptr, matrix->n_rows, 4, part, n_parts); row < stop; row++) {
        int64_t start = job->out_indptr[row];
        struct swg_best best = {job->out_indptr[row + 1] - start, 0, job->columns + start, job->values + start};
        for (int64_t i = matrix->indptr[row]; i < matrix->indptr[row + 1]; i++)
            swg_best_offer(&best, matrix->indices[i], matrix->data[i]);
        swg_best_sort(&best);
    }
    return SWG_OK;
}

enum swg_status swg_csr_top_n(const struct swg_csr *matrix, int64_t n, int n_threads, const int64_t *out_indptr,
                              int32_t *columns, float *values)
{
    if (n < 1)
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_csr_check(matrix, SWG_CHECK_FINITE);
    for (int64_t row = 0; row < matrix->n_rows && status == SWG_OK; row++)
        if (out_indptr[row + 1] - out_indptr[row] != swg_min(n, matrix->indptr[row + 1] - matrix->indptr[row]))
            status = SWG_ERR_CAPACITY;
    if (status != SWG_OK)
        return status;
    struct top_job job = {matrix, out_indptr, columns, values};
    return swg_parallel(swg_threads_for(matrix->n_stored, 1 << 15, n_threads), top_part, &job);
}

struct product_job {
    const struct swg_csr *a, *b;
    int64_t n;
    int exclude_diagonal;
    int64_t *control;
    int64_t *sizes;
    int32_t *columns;
    float *values;
};

static void multiply_row(const struct product_job *job, int64_t row, struct accumulator *sums)
{
    const struct swg_csr *a = job->a, *b = job->b;
    for (int64_t i = a->indptr[row]; i < a->indptr[row + 1]; i++) {
        int64_t middle = a->indices[i];
        for (int64_t j = b->indptr[middle]; j < b->indptr[middle + 1]; j++)
            accumulate(sums, b->indices[j], (double)a->data[i] * (double)b->data[j]);
    }
}

static enum swg_status product_part(void *context, int part, int n_parts)
{
    const struct product_job *job = context;
    struct accumulator sums;
    enum swg_status status = make_accumulator(&sums, job->b->n_columns);
    if (status != SWG_OK)
        return status;
    int64_t stop = swg_split_rows(job->a->indptr, job->a->n_rows, 1, part + 1, n_parts);
    for (int64_t row = swg_split_rows(job->a->indptr, job->a->n_rows, 1, part, n_parts); row < stop; row++) {
        multiply_row(job, row, &sums);
        struct swg_best best = {job->n, 0, job->columns + row * job->n, job->values + row * job->n};
        for (int64_t i = 0; i < sums.count; i++)
            if (!job->exclude_diagonal || sums.touched[i] != row)
                swg_best_offer(&best, sums.touched[i], (float)sums.sums[sums.touched[i]]);
        swg_best_sort(&best);
        job->sizes[row] = best.count;
        clear_accumulator(&sums);
        if (swg_control_step(job->control, 1)) {
            status = SWG_ERR_CANCELLED;
            break;
        }
    }
    free_accumulator(&sums);
    return status;
}

enum swg_status swg_sparse_top_product(const struct swg_csr *a, const struct swg_csr *b, int64_t n,
                                       int exclude_diagonal, int n_threads, int64_t *control, int64_t *sizes,
                                       int32_t *columns, float *values)
{
    int64_t size;
    if (n < 1 || a->n_columns != b->n_rows)
        return SWG_ERR_ARGUMENT;
    if (swg_multiply(a->n_rows, n, &size) != SWG_OK)
        return SWG_ERR_SIZE;
    enum swg_status status = swg_csr_check(a, SWG_CHECK_FINITE);
    if (status == SWG_OK)
        status = swg_csr_check(b, SWG_CHECK_FINITE);
    if (status != SWG_OK)
        return status;
    struct product_job job = {a, b, n, exclude_diagonal, control, sizes, columns, values};
    return swg_parallel(swg_threads_for(a->n_stored, 1 << 12, n_threads), product_part, &job);
}
