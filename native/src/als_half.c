#include "als_half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/parallel.h"
#include "swg/solve.h"

enum {
    BLOCK_ENTRIES = 64,      /* entries gathered at a time for the direct solver */
    BLOCK_ROWS = 64,         /* rows solved between two looks at the control array */
    GRADIENT_FLOATS = 1 << 19, /* longer rows than this many gathered values are solved directly */
    GRADIENT_STEPS = 32      /* a row that needs more is solved directly */
};

struct scratch {
    float *entries; /* [most_entries, width] scaled rows */
    float *own;     /* [BLOCK_ENTRIES, width], [BLOCK_ENTRIES, d] entries before and after whitening */
    float *matrix;  /* [width, width], at least two rows */
    float *solved;  /* [BLOCK_ROWS, width] w of a block of rows */
    float *result;  /* [BLOCK_ROWS, width] x of a block of rows */
    float *vector;  /* [width] */
    float *root, *weight; /* [most_entries] */
    int32_t *index; /* [BLOCK_ENTRIES] 0, 1, 2 .. for entries whitened in place */
};

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

static enum swg_status make_scratch(struct scratch *s, const struct half *h)
{
    int64_t width = h->width, entries = h->most_entries;
    *s = (struct scratch){
        .entries = swg_allocate(entries * width, sizeof(float)),
        .own = swg_allocate(BLOCK_ENTRIES * 2 * width, sizeof(float)),
        .matrix = swg_allocate(width * width, sizeof(float)),
        .solved = swg_allocate(BLOCK_ROWS * width, sizeof(float)),
        .result = swg_allocate(BLOCK_ROWS * width, sizeof(float)),
        .vector = swg_allocate(width, sizeof(float)),
        .root = swg_allocate(entries, sizeof(float)),
        .weight = swg_allocate(entries, sizeof(float)),
        .index = swg_allocate(BLOCK_ENTRIES, sizeof(int32_t)),
    };
    if (!s->entries || !s->own || !s->matrix || !s->solved || !s->result || !s->vector || !s->root || !s->weight ||
        !s->index) {
        free_scratch(s);
        return SWG_ERR_MEMORY;
    }
    for (int64_t i = 0; i < BLOCK_ENTRIES; i++)
        s->index[i] = (int32_t)i;
    return SWG_OK;
}

/* Whitens n <= BLOCK_ENTRIES entries here and now, scales them into `scaled` and adds them up. */
static void gather_raw(const struct half *h, struct scratch *s, const int32_t *index, int64_t n, int64_t at,
                       float *total)
{
    float *raw = s->own + BLOCK_ENTRIES * h->width;
    for (int64_t i = 0; i < n; i++)
        memcpy(raw + i * h->d, h->factors + index[i] * h->d, sizeof(float) * (size_t)h->d);
    h->kernels->product(s->own, h->width, raw, h->d, h->whiten, h->width, n, h->width, h->d);
    h->kernels->gather(s->entries + at * h->width, s->own, h->width, s->index, s->root + at, s->weight + at, n, total);
}

/* Gathers whitened entries first .. first + n, times the root of their value, into s->entries, and adds the
 * right side, (1 + value) times each, to total. */
static void gather(const struct half *h, struct scratch *s, int64_t first, int64_t n, float *total)
{
    const int32_t *index = h->rows->indices + first;
    const float *value = h->rows->data + first;
    for (int64_t i = 0; i < n; i++) {
        s->root[i] = sqrtf(value[i]);
        s->weight[i] = 1.0f + value[i];
    }
    if (h->white)
        h->kernels->gather(s->entries, h->white, h->width, index, s->root, s->weight, n, total);
    else
        for (int64_t at = 0; at < n; at += BLOCK_ENTRIES)
            gather_raw(h, s, index + at, swg_min(BLOCK_ENTRIES, n - at), at, total);
}

static void set_identity(float *matrix, int64_t n)
{
    memset(matrix, 0, sizeof(float) * (size_t)(n * n));
    for (int64_t i = 0; i < n; i++)
        matrix[i * n + i] = 1.0f;
}

/* The system of one row formed and factored. */
static enum swg_status solve_direct(const struct half *h, struct scratch *s, int64_t first, int64_t n, float *w)
{
    int64_t width = h->width;
    set_identity(s->matrix, width);
    for (int64_t at = 0; at < n; at += BLOCK_ENTRIES) {
        int64_t count = swg_min(BLOCK_ENTRIES, n - at);
        gather(h, s, first + at, count, w);
        h->kernels->add_outer(s->matrix, width, s->entries, width, width, count);
    }
    return h->kernels->solve_spd(s->matrix, width, width, w) ? SWG_ERR_NOT_SPD : SWG_OK;
}

/* Gives false, and w = 0, when the steps did not suffice. */
static bool solve_gradient(const struct half *h, struct scratch *s, int64_t first, int64_t n, float *w)
{
    memset(s->vector, 0, sizeof(float) * (size_t)h->width);
    gather(h, s, first, n, s->vector);
    if (h->kernels->solve_normal(w, s->entries, h->width, n, s->vector, s->matrix, h->tolerance, GRADIENT_STEPS) >= 0)
        return true;
    memset(w, 0, sizeof(float) * (size_t)h->width);
    return false;
}

static enum swg_status solve_row(const struct half *h, struct scratch *s, int64_t row, float *w)
{
    int64_t first = h->rows->indptr[row], n = h->rows->indptr[row + 1] - first;
    memset(w, 0, sizeof(float) * (size_t)h->width);
    if (n == 0 || (n <= h->most_entries && solve_gradient(h, s, first, n, w)))
        return SWG_OK;
    return solve_direct(h, s, first, n, w);
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
    enum swg_status status = make_scratch(&s, h);
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

static int64_t most_entries(const struct half *h)
{
    int64_t longest = BLOCK_ENTRIES, limit = swg_max(BLOCK_ENTRIES, GRADIENT_FLOATS / h->width);
    for (int64_t row = 0; row < h->rows->n_rows; row++)
        longest = swg_max(longest, h->rows->indptr[row + 1] - h->rows->indptr[row]);
    return swg_min(longest, limit);
}

enum swg_status als_run_half(struct half *h, double regularization, int n_threads)
{
    h->most_entries = most_entries(h);
    enum swg_status status = make_whitening(h, regularization);
    if (status == SWG_OK && h->white)
        status = swg_parallel(swg_threads_for(h->rows->n_columns * h->d, 1 << 18, n_threads), whiten_part, h);
    if (status == SWG_OK)
        status = swg_parallel(swg_threads_for((h->rows->n_stored + h->rows->n_rows) * h->d, 1 << 16, n_threads),
                              solve_part, h);
    return status;
}

void als_free_half(struct half *h)
{
    free(h->gram);
    free(h->inverse);
    free(h->back);
    free(h->whiten);
    free(h->white);
}

enum swg_status als_make_half(struct half *h, int64_t d, int64_t n_white, float tolerance, int64_t *control)
{
    int64_t width = swg_padded(d);
    *h = (struct half){
        .kernels = swg_kernels(), .d = d, .width = width, .tolerance = tolerance, .control = control};
    h->gram = swg_allocate(d * d, sizeof(double));
    h->inverse = swg_allocate(d * d, sizeof(double));
    h->back = swg_allocate(d * width, sizeof(float));
    h->whiten = swg_allocate(d * width, sizeof(float));
    h->white = n_white ? swg_allocate(n_white * width, sizeof(float)) : NULL;
    if (h->gram && h->inverse && h->back && h->whiten && (h->white || !n_white))
        return SWG_OK;
    als_free_half(h);
    return SWG_ERR_MEMORY;
}
