#include "swg/als.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/dense.h"
#include "swg/parallel.h"
#include "swg/random.h"
#include "swg/solve.h"

enum {
    BLOCK_ENTRIES = 64,  /* entries gathered at a time for a long row */
    BLOCK_ROWS = 64,     /* rows solved between two looks at the control array */
    MAX_DUAL = 256       /* largest system solved in the space of the entries */
};

static const float SMALLEST_DUAL_VALUE = 1e-3f; /* below it the square roots of the dual form lose digits */

/* One half sweep: rows of `out` solved against fixed `factors`. */
struct half {
    const struct swg_kernels *kernels;
    const struct swg_csr *rows;
    const float *factors; /* [rows->n_columns, d] */
    int64_t d, width;     /* width: d padded */
    double *gram;         /* [d, d], destroyed */
    double *inverse;      /* [d, d] scratch: L^-1 */
    float *back;          /* [d, width] L^-1: x = back' w as a product of rows */
    float *whiten;        /* [d, width] its transpose: z = y whiten */
    float *white;         /* [n_columns, width] or NULL: whiten the entries of each row instead */
    float *out;           /* [n_rows, d] */
    int64_t *control;
};

struct scratch {
    float *entries; /* [MAX(BLOCK_ENTRIES, dual limit), width] scaled rows */
    float *own;     /* the same, whitened entries of one block when half->white is NULL */
    float *matrix;  /* [side, side] */
    float *solved;  /* [BLOCK_ROWS, width] w of a block of rows */
    float *result;  /* [BLOCK_ROWS, width] x of a block of rows */
    float *vector;  /* [side] */
    float *root, *weight; /* [entries] */
    int32_t *index; /* [entries] 0, 1, 2 .. for entries whitened in place */
};

static int64_t dual_limit(int64_t d) { return swg_min(MAX_DUAL, d * 5 / 8); }

static void free_scratch(struct scratch *s)
{
    free(s->entries);
    free(s->own);
    free(s->matrix);
    free(s->solved);
    free(s->result);
    free(s->vector);
    free(s->root);
    free(s->weight);
    free(s->index);
}

static enum swg_status make_scratch(struct scratch *s, int64_t d)
{
    int64_t width = swg_padded(d), entries = swg_max(BLOCK_ENTRIES, swg_padded(dual_limit(d)));
    int64_t side = swg_max(width, entries);
    *s = (struct scratch){
        .entries = swg_allocate(entries * width, sizeof(float)),
        .own = swg_allocate(entries * width, sizeof(float)),
        .matrix = swg_allocate(side * side, sizeof(float)),
        .solved = swg_allocate(BLOCK_ROWS * width, sizeof(float)),
        .result = swg_allocate(BLOCK_ROWS * width, sizeof(float)),
        .vector = swg_allocate(side, sizeof(float)),
        .root = swg_allocate(entries, sizeof(float)),
        .weight = swg_allocate(entries, sizeof(float)),
        .index = swg_allocate(entries, sizeof(int32_t)),
    };
    if (!s->entries || !s->own || !s->matrix || !s->solved || !s->result || !s->vector || !s->root || !s->weight ||
        !s->index) {
        free_scratch(s);
        return SWG_ERR_MEMORY;
    }
    for (int64_t i = 0; i < entries; i++)
        s->index[i] = (int32_t)i;
    return SWG_OK;
}

/* Gathers whitened entries first .. first + n scaled by s->root; adds s->weight times them to total. */
static void gather(const struct half *h, struct scratch *s, int64_t first, int64_t n, float *total)
{
    const int32_t *index = h->rows->indices + first;
    const float *weight = total ? s->weight : NULL;
    if (h->white) {
        h->kernels->gather(s->entries, h->white, h->width, index, s->root, weight, n, total);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(s->entries + i * h->d, h->factors + index[i] * h->d, sizeof(float) * (size_t)h->d);
    h->kernels->product(s->own, h->width, s->entries, h->d, h->whiten, h->width, n, h->width, h->d);
    h->kernels->gather(s->entries, s->own, h->width, s->index, s->root, weight, n, total);
}

static void set_identity(float *matrix, int64_t n)
{
    memset(matrix, 0, sizeof(float) * (size_t)(n * n));
    for (int64_t i = 0; i < n; i++)
        matrix[i * n + i] = 1.0f;
}

/* (I + Z' S Z) w = Z' (1 + s) in the space of the factors. */
static enum swg_status solve_primal(const struct half *h, struct scratch *s, int64_t first, int64_t n, float *w)
{
    int64_t width = h->width;
    set_identity(s->matrix, width);
    for (int64_t at = 0; at < n; at += BLOCK_ENTRIES) {
        int64_t count = swg_min(BLOCK_ENTRIES, n - at);
        const float *value = h->rows->data + first + at;
        for (int64_t i = 0; i < count; i++) {
            s->root[i] = sqrtf(value[i]);
            s->weight[i] = 1.0f + value[i];
        }
        gather(h, s, first + at, count, w);
        h->kernels->add_outer(s->matrix, width, s->entries, width, width, count);
    }
    return h->kernels->solve_spd(s->matrix, width, width, w) ? SWG_ERR_NOT_SPD : SWG_OK;
}

/* w = P' (I + P P')^-1 S^-1/2 (1 + s) with P = S^1/2 Z, in the space of the n entries. */
static enum swg_status solve_dual(const struct half *h, struct scratch *s, int64_t first, int64_t n, float *w)
{
    int64_t side = swg_padded(n);
    const float *value = h->rows->data + first;
    for (int64_t i = 0; i < n; i++) {
        s->root[i] = sqrtf(value[i]);
        s->vector[i] = (1.0f + value[i]) / s->root[i];
    }
    for (int64_t i = n; i < side; i++)
        s->vector[i] = 0.0f;
    gather(h, s, first, n, NULL);
    memset(s->entries + n * h->width, 0, sizeof(float) * (size_t)((side - n) * h->width));
    h->kernels->dots(s->matrix, side, s->entries, h->width, side, s->entries, h->width, side, h->width);
    for (int64_t i = 0; i < side; i++)
        s->matrix[i * side + i] += 1.0f;
    if (h->kernels->solve_spd(s->matrix, side, side, s->vector))
        return SWG_ERR_NOT_SPD;
    h->kernels->combine(w, s->entries, h->width, s->vector, n);
    return SWG_OK;
}

static enum swg_status solve_row(const struct half *h, struct scratch *s, int64_t row, float *w)
{
    int64_t first = h->rows->indptr[row], n = h->rows->indptr[row + 1] - first;
    memset(w, 0, sizeof(float) * (size_t)h->width);
    if (n == 0)
        return SWG_OK;
    bool dual = n <= dual_limit(h->d);
    for (int64_t i = first; dual && i < first + n; i++)
        dual = h->rows->data[i] >= SMALLEST_DUAL_VALUE;
    return dual ? solve_dual(h, s, first, n, w) : solve_primal(h, s, first, n, w);
}

static enum swg_status solve_block(const struct half *h, struct scratch *s, int64_t start, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        enum swg_status status = solve_row(h, s, start + i, s->solved + i * h->width);
        if (status != SWG_OK)
            return status;
    }
    h->kernels->product(s->result, h->width, s->solved, h->width, h->back, h->width, count, h->width, h->d);
    for (int64_t i = 0; i < count; i++)
        memcpy(h->out + (start + i) * h->d, s->result + i * h->width, sizeof(float) * (size_t)h->d);
    return SWG_OK;
}

static enum swg_status solve_part(void *context, int part, int n_parts)
{
    const struct half *h = context;
    const struct swg_csr *rows = h->rows;
    int64_t stop = swg_split_rows(rows->indptr, rows->n_rows, h->d / 4, part + 1, n_parts);
    struct scratch s;
    enum swg_status status = make_scratch(&s, h->d);
    if (status != SWG_OK)
        return status;
    for (int64_t at = swg_split_rows(rows->indptr, rows->n_rows, h->d / 4, part, n_parts);
         at < stop && status == SWG_OK; at += BLOCK_ROWS) {
        int64_t count = swg_min(BLOCK_ROWS, stop - at);
        status = solve_block(h, &s, at, count);
        if (swg_control_step(h->control, count) && status == SWG_OK)
            status = SWG_ERR_CANCELLED;
    }
    free_scratch(&s);
    return status;
}

static enum swg_status whiten_part(void *context, int part, int n_parts)
{
    const struct half *h = context;
    int64_t m = h->rows->n_columns;
    int64_t start = swg_split(m, part, n_parts), stop = swg_split(m, part + 1, n_parts);
    h->kernels->product(h->white + start * h->width, h->width, h->factors + start * h->d, h->d, h->whiten, h->width,
                        stop - start, h->width, h->d);
    return SWG_OK;
}

static enum swg_status make_whitening(struct half *h, double regularization)
{
    int64_t d = h->d;
    for (int64_t i = 0; i < d; i++)
        h->gram[i * d + i] += regularization;
    enum swg_status status = swg_cholesky(h->gram, d);
    if (status != SWG_OK)
        return status;
    swg_invert_lower(h->gram, d, h->inverse);
    memset(h->back, 0, sizeof(float) * (size_t)(d * h->width));
    memset(h->whiten, 0, sizeof(float) * (size_t)(d * h->width));
    for (int64_t i = 0; i < d; i++)
        for (int64_t j = 0; j <= i; j++)
            h->back[i * h->width + j] = h->whiten[j * h->width + i] = (float)h->inverse[i * d + j];
    return SWG_OK;
}

/* Runs a prepared half sweep. h->gram holds the Gram matrix of h->factors. */
static enum swg_status run_half(struct half *h, double regularization, int n_threads)
{
    enum swg_status status = make_whitening(h, regularization);
    if (status == SWG_OK && h->white)
        status = swg_parallel(swg_threads_for(h->rows->n_columns * h->d, 1 << 18, n_threads), whiten_part, h);
    if (status == SWG_OK)
        status = swg_parallel(swg_threads_for((h->rows->n_stored + h->rows->n_rows) * h->d, 1 << 16, n_threads),
                              solve_part, h);
    return status;
}

static void free_half(struct half *h)
{
    free(h->gram);
    free(h->inverse);
    free(h->back);
    free(h->whiten);
    free(h->white);
}

static enum swg_status make_half(struct half *h, int64_t d, int64_t n_white, int64_t *control)
{
    int64_t width = swg_padded(d);
    *h = (struct half){.kernels = swg_kernels(), .d = d, .width = width, .control = control};
    h->gram = swg_allocate(d * d, sizeof(double));
    h->inverse = swg_allocate(d * d, sizeof(double));
    h->back = swg_allocate(d * width, sizeof(float));
    h->whiten = swg_allocate(d * width, sizeof(float));
    h->white = n_white ? swg_allocate(n_white * width, sizeof(float)) : NULL;
    if (h->gram && h->inverse && h->back && h->whiten && (h->white || !n_white))
        return SWG_OK;
    free_half(h);
    return SWG_ERR_MEMORY;
}

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
    return status == SWG_OK ? run_half(h, options->regularization, options->n_threads) : status;
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
    status = make_half(&half, options->n_factors, swg_max(1, swg_max(users->n_rows, items->n_rows)),
                       options->control);
    if (status != SWG_OK)
        return status;
    start_factors(user_factors, users->n_rows, options->n_factors, options->seed);
    start_factors(item_factors, items->n_rows, options->n_factors, ~options->seed);
    for (int64_t epoch = 0; epoch < options->n_epochs && status == SWG_OK; epoch++) {
        status = sweep_half(&half, users, item_factors, user_factors, options);
        if (status == SWG_OK)
            status = sweep_half(&half, items, user_factors, item_factors, options);
    }
    free_half(&half);
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
    status = make_half(&half, d, rows->n_stored > m ? m : 0, options->control);
    if (status != SWG_OK)
        return status;
    half.rows = rows;
    half.factors = factors;
    half.out = out;
    for (int64_t i = 0; i < d * d && status == SWG_OK; i++)
        status = isfinite(gram[i]) ? SWG_OK : SWG_ERR_VALUE;
    memcpy(half.gram, gram, sizeof(double) * (size_t)(d * d));
    if (status == SWG_OK)
        status = run_half(&half, options->regularization, options->n_threads);
    free_half(&half);
    return status;
}

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
    int last = (int)swg_split(LOSS_BLOCKS, part + 1, n_parts);
    for (int block = (int)swg_split(LOSS_BLOCKS, part, n_parts); block < last; block++)
        job->sums[block] = stored_loss(job, swg_split_rows(job->users->indptr, job->users->n_rows, 1, block, LOSS_BLOCKS),
                                       swg_split_rows(job->users->indptr, job->users->n_rows, 1, block + 1, LOSS_BLOCKS));
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
