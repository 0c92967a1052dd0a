#include <math.h>
#include <stdlib.h>

#include "swg/als.h"
#include "swg/dense.h"
#include "swg/parallel.h"

enum { LOSS_BLOCKS = 64 };

struct loss_job {
    const struct swg_csr *users;
    const float *x, *y;
    int64_t d;
    double sums[LOSS_BLOCKS];
};

/* c (1 - s)^2 - s^2 of the stored entries: the Gram matrices have counted every score once as if unstored. */
static double stored_loss(const struct loss_job *job, int64_t first, int64_t last)
{
    double sum = 0.0;
    for (int64_t row = first; row < last; row++)
        for (int64_t i = job->users->indptr[row]; i < job->users->indptr[row + 1]; i++) {
            const float *x = job->x + row * job->d, *y = job->y + job->users->indices[i] * job->d;
            double score = 0.0;
            for (int64_t j = 0; j < job->d; j++)
                score += (double)x[j] * (double)y[j];
            sum += (1.0 + (double)job->users->data[i]) * (1.0 - score) * (1.0 - score) - score * score;
        }
    return sum;
}

static enum swg_status loss_part(void *context, int part, int n_parts)
{
    struct loss_job *job = context;
    const int64_t *indptr = job->users->indptr, n_rows = job->users->n_rows;
    int last = (int)swg_split(LOSS_BLOCKS, part + 1, n_parts);
    for (int block = (int)swg_split(LOSS_BLOCKS, part, n_parts); block < last; block++)
        job->sums[block] = stored_loss(job, swg_split_rows(indptr, n_rows, 1, block, LOSS_BLOCKS),
                                       swg_split_rows(indptr, n_rows, 1, block + 1, LOSS_BLOCKS));
    return SWG_OK;
}

/* trace(X'X Y'Y) + regularization (trace X'X + trace Y'Y) */
static double unstored_loss(const double *gram_x, const double *gram_y, int64_t d, double regularization)
{
    double sum = 0.0;
    for (int64_t i = 0; i < d * d; i++)
        sum += gram_x[i] * gram_y[i];
    for (int64_t i = 0; i < d; i++)
        sum += regularization * (gram_x[i * d + i] + gram_y[i * d + i]);
    return sum;
}

enum swg_status swg_als_loss(const struct swg_csr *users, const float *user_factors, const float *item_factors,
                             int64_t n_factors, double regularization, int n_threads, double *loss)
{
    int64_t d = n_factors;
    if (d < 1 || d > SWG_ALS_MAX_FACTORS || !isfinite(regularization))
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_csr_check(users, SWG_CHECK_FINITE);
    if (status != SWG_OK)
        return status;
    double *grams = swg_allocate(2 * d * d, sizeof(double));
    if (!grams)
        return SWG_ERR_MEMORY;
    struct loss_job job = {.users = users, .x = user_factors, .y = item_factors, .d = d};
    status = swg_gram(user_factors, d, users->n_rows, d, grams, n_threads);
    if (status == SWG_OK)
        status = swg_gram(item_factors, d, users->n_columns, d, grams + d * d, n_threads);
    if (status == SWG_OK)
        status = swg_parallel(swg_threads_for(users->n_stored * d, 1 << 18, n_threads), loss_part, &job);
    if (status == SWG_OK) {
        *loss = unstored_loss(grams, grams + d * d, d, regularization);
        for (int block = 0; block < LOSS_BLOCKS; block++)
            *loss += job.sums[block];
    }
    free(grams);
    return status;
}
