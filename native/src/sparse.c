#include "swg/sparse.h"

#include "accumulator.h"
#include "swg/parallel.h"
#include "swg/topk.h"

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
