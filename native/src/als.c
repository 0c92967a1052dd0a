#include "swg/als.h"

#include <math.h>
#include <string.h>

#include "als_half.h"
#include "swg/dense.h"
#include "swg/random.h"

static const float FIT_TOLERANCE = 1e-3f; /* of the residual: the loss agrees with the exact one to 1e-4 */
static const float FOLD_IN_TOLERANCE = 1e-5f;

static enum swg_status check_options(const struct swg_als_options *options)
{
    bool good = options->n_factors >= 1 && options->n_factors <= SWG_ALS_MAX_FACTORS && options->n_epochs >= 0 &&
                options->regularization >= 0.0 && isfinite(options->regularization);
    return good ? SWG_OK : SWG_ERR_ARGUMENT;
}

static void start_factors(float *factors, int64_t n_rows, int64_t d, uint64_t seed)
{
    for (int64_t row = 0; row < n_rows; row++)
        for (int64_t j = 0; j < d; j++)
            factors[row * d + j] = 0.01f * swg_random_uniform(seed, (uint64_t)row, (uint64_t)j);
}

static enum swg_status sweep_half(struct half *h, const struct swg_csr *rows, const float *factors, float *out,
                                  const struct swg_als_options *options)
{
    h->rows = rows;
    h->factors = factors;
    h->out = out;
    enum swg_status status = swg_gram(factors, h->d, rows->n_columns, h->d, h->gram, options->n_threads);
    return status == SWG_OK ? als_run_half(h, options->regularization, options->n_threads) : status;
}

static enum swg_status check_fit(const struct swg_csr *users, const struct swg_csr *items,
                                 const struct swg_als_options *options)
{
    enum swg_status status = check_options(options);
    if (status == SWG_OK && (users->n_rows != items->n_columns || users->n_columns != items->n_rows ||
                             users->n_stored != items->n_stored))
        status = SWG_ERR_ARGUMENT;
    if (status == SWG_OK)
        status = swg_csr_check(users, SWG_CHECK_FINITE | SWG_CHECK_NOT_NEGATIVE);
    if (status == SWG_OK)
        status = swg_csr_check(items, SWG_CHECK_FINITE | SWG_CHECK_NOT_NEGATIVE);
    return status;
}

enum swg_status swg_als_fit(const struct swg_csr *users, const struct swg_csr *items,
                            const struct swg_als_options *options, float *user_factors, float *item_factors)
{
    enum swg_status status = check_fit(users, items, options);
    if (status != SWG_OK)
        return status;
    struct half half;
    status = als_make_half(&half, options->n_factors, swg_max(1, swg_max(users->n_rows, items->n_rows)),
                           FIT_TOLERANCE, options->control);
    if (status != SWG_OK)
        return status;
    start_factors(user_factors, users->n_rows, options->n_factors, options->seed);
    start_factors(item_factors, items->n_rows, options->n_factors, ~options->seed);
    for (int64_t epoch = 0; epoch < options->n_epochs && status == SWG_OK; epoch++) {
        status = sweep_half(&half, users, item_factors, user_factors, options);
        if (status == SWG_OK)
            status = sweep_half(&half, items, user_factors, item_factors, options);
    }
    als_free_half(&half);
    return status;
}

enum swg_status swg_als_fold_in(const struct swg_csr *rows, const float *factors, const double *gram,
                                const struct swg_als_options *options, float *out)
{
    enum swg_status status = check_options(options);
    if (status == SWG_OK)
        status = swg_csr_check(rows, SWG_CHECK_FINITE | SWG_CHECK_NOT_NEGATIVE);
    if (status != SWG_OK)
        return status;
    struct half half;
    int64_t d = options->n_factors, m = rows->n_columns;
    status = als_make_half(&half, d, rows->n_stored > m ? m : 0, FOLD_IN_TOLERANCE, options->control);
    if (status != SWG_OK)
        return status;
    half.rows = rows;
    half.factors = factors;
    half.out = out;
    for (int64_t i = 0; i < d * d && status == SWG_OK; i++)
        status = isfinite(gram[i]) ? SWG_OK : SWG_ERR_VALUE;
    memcpy(half.gram, gram, sizeof(double) * (size_t)(d * d));
    if (status == SWG_OK)
        status = als_run_half(&half, options->regularization, options->n_threads);
    als_free_half(&half);
    return status;
}
