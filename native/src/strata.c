#include "strata.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "swg/dense.h"
#include "swg/parallel.h"

enum {
    MOST_BLOCKS = 16,
    BLOCK_ROWS = 128, /* fewer rows than this a block, and draws from it would be too much alike */
    GROUP = 16,      /* rows dealt together: their values in an array of floats are one cache line */
    DRAWS = 16,      /* places of the table of draws for each row */
    FILL_GRAIN = 1 << 15,
    RUN_GRAIN = 1 << 13
};

static int choose_blocks(int64_t n_left, int64_t n_right)
{
    return (int)swg_max(1, swg_min(MOST_BLOCKS, swg_min(n_left, n_right) / BLOCK_ROWS));
}

static int64_t groups_of(int64_t n_rows) { return (n_rows + GROUP - 1) / GROUP; }

void strata_free(struct strata *s)
{
    free(s->left_block);
    free(s->right_block);
    free(s->order);
    free(s->starts);
    free(s->counts);
    free(s->pairs);
    free(s->draw_starts);
    free(s->draws);
}

enum swg_status strata_make(struct strata *s, int64_t n_left, int64_t n_right, int64_t most_pairs, int n_blocks,
                            int n_threads)
{
    *s = (struct strata){.n_blocks = n_blocks ? n_blocks : choose_blocks(n_left, n_right),
                         .n_threads = n_threads < SWG_MAX_THREADS ? n_threads : SWG_MAX_THREADS,
                         .n_left = n_left,
                         .n_right = n_right};
    int64_t n_cells = (int64_t)s->n_blocks * s->n_blocks, n_draws;
    enum swg_status status = swg_multiply(DRAWS, n_right, &n_draws);
    if (status != SWG_OK)
        return status;
    s->left_block = swg_allocate(n_left, sizeof(uint8_t));
    s->right_block = swg_allocate(n_right, sizeof(uint8_t));
    s->order = swg_allocate(groups_of(swg_max(n_left, n_right)), sizeof(int32_t));
    s->starts = swg_allocate(n_cells + 1, sizeof(int64_t));
    s->counts = swg_allocate(s->n_threads * n_cells, sizeof(int64_t));
    s->pairs = swg_allocate(most_pairs, sizeof(struct pair));
    s->draw_starts = swg_allocate(s->n_blocks + 1, sizeof(int64_t));
    s->draws = swg_allocate(n_draws, sizeof(int32_t));
    bool good = s->left_block && s->right_block && s->order && s->starts && s->counts && s->pairs && s->draw_starts && s->draws;
    return good ? SWG_OK : SWG_ERR_MEMORY;
}

void strata_deal(struct strata *s, uint8_t *block, int64_t n_rows, uint64_t key)
{
    int64_t n = groups_of(n_rows);
    for (int64_t i = 0; i < n; i++)
        s->order[i] = (int32_t)i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)(swg_random_from(key, (uint64_t)i) % (uint64_t)(i + 1));
        int32_t group = s->order[i];
        s->order[i] = s->order[j];
        s->order[j] = group;
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t first = (int64_t)s->order[i] * GROUP, stop = swg_min(n_rows, first + GROUP);
        memset(block + first, (int)(i * s->n_blocks / n), (size_t)(stop - first));
    }
}

/* Places of the table: DRAWS for each row of the block that may be drawn. */
static void size_draws(struct strata *s, const float *weight, double *total)
{
    memset(s->draw_starts, 0, sizeof(int64_t) * (size_t)(s->n_blocks + 1));
    memset(total, 0, sizeof(double) * (size_t)s->n_blocks);
    for (int64_t row = 0; row < s->n_right; row++)
        if (weight[row] > 0.0f) {
            s->draw_starts[s->right_block[row] + 1] += DRAWS;
            total[s->right_block[row]] += (double)weight[row];
        }
    for (int block = 0; block < s->n_blocks; block++)
        s->draw_starts[block + 1] += s->draw_starts[block];
}

void strata_weigh(struct strata *s, const float *weight, uint64_t key)
{
    double total[SWG_MAX_BLOCKS], reached[SWG_MAX_BLOCKS] = {0};
    int64_t filled[SWG_MAX_BLOCKS] = {0};
    size_draws(s, weight, total);
    for (int64_t row = 0; row < s->n_right; row++) {
        if (!(weight[row] > 0.0f))
            continue;
        int block = s->right_block[row];
        int64_t start = s->draw_starts[block], n = s->draw_starts[block + 1] - start;
        double offset = (double)(swg_random_from(key, (uint64_t)block) >> 11) * 0x1p-53;
        reached[block] += (double)weight[row];
        while (filled[block] < n && (double)filled[block] + offset < reached[block] / total[block] * (double)n)
            s->draws[start + filled[block]++] = (int32_t)row;
    }
    for (int block = 0; block < s->n_blocks; block++) /* rounding may leave the last place */
        for (int64_t at = s->draw_starts[block] + filled[block]; at < s->draw_starts[block + 1]; at++)
            s->draws[at] = s->draws[at - 1];
}

void strata_count(float *weight, const struct swg_csr *rows, double power)
{
    memset(weight, 0, sizeof(float) * (size_t)rows->n_columns);
    for (int64_t at = 0; at < rows->n_stored; at++)
        weight[rows->indices[at]] += 1.0f; /* stays put at 2^24 */
    for (int64_t column = 0; column < rows->n_columns; column++)
        weight[column] = weight[column] > 0.0f ? powf(weight[column], (float)power) : 0.0f;
}

int64_t strata_row_of(const struct swg_csr *rows, int64_t entry)
{
    int64_t low = 0, high = rows->n_rows;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (rows->indptr[middle + 1] <= entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct fill_job {
    struct strata *strata;
    strata_source source;
    const void *context;
    int64_t start, stop;
    struct pair *pairs;
};

static enum swg_status fill_part(void *context, int part, int n_parts)
{
    const struct fill_job *job = context;
    struct strata *s = job->strata;
    int64_t n = job->stop - job->start;
    struct sink sink = {s, job->pairs, s->counts + (int64_t)part * s->n_blocks * s->n_blocks};
    job->source(job->context, job->start + swg_split(n, part, n_parts), job->start + swg_split(n, part + 1, n_parts),
                &sink);
    return SWG_OK;
}

/* Counts become the place of each part's first pair in each cell. */
static void place_parts(struct strata *s, int n_parts)
{
    int64_t n_cells = (int64_t)s->n_blocks * s->n_blocks, at = 0;
    for (int64_t cell = 0; cell < n_cells; cell++) {
        s->starts[cell] = at;
        for (int part = 0; part < n_parts; part++) {
            int64_t count = s->counts[part * n_cells + cell];
            s->counts[part * n_cells + cell] = at;
            at += count;
        }
    }
    s->starts[n_cells] = at;
}

enum swg_status strata_fill(struct strata *s, strata_source source, const void *context, int64_t start, int64_t stop)
{
    int n_parts = swg_threads_for(stop - start, FILL_GRAIN, s->n_threads);
    struct fill_job job = {s, source, context, start, stop, NULL};
    memset(s->counts, 0, sizeof(int64_t) * (size_t)(n_parts * s->n_blocks * s->n_blocks));
    enum swg_status status = swg_parallel(n_parts, fill_part, &job);
    if (status != SWG_OK)
        return status;
    place_parts(s, n_parts);
    job.pairs = s->pairs;
    return swg_parallel(n_parts, fill_part, &job);
}

/* The cells are taken in the order of the diagonals by whoever is free. A cell waits for the one before it of its left
 * block and of its right block, whichever thread has them: the first cell that is not finished waits for nobody. */
struct run_job {
    const struct strata *strata;
    strata_steps steps;
    const void *context;
    int64_t n_units, *control;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    int next;                      /* cell, diagonal by diagonal */
    int diagonals[SWG_MAX_BLOCKS]; /* finished of each left block */
    bool cancelled;
};

/* The next cell to take once its rows are free, -1 at the end. Holds the lock. */
static int claim_cell(struct run_job *job)
{
    int n = job->strata->n_blocks;
    if (job->cancelled || job->next == n * n)
        return -1;
    int cell = job->next++, diagonal = cell / n, left = cell % n;
    while (!job->cancelled && (job->diagonals[left] < diagonal || job->diagonals[(left + 1) % n] < diagonal))
        pthread_cond_wait(&job->finished, &job->lock);
    return job->cancelled ? -1 : cell;
}

static void finish_cell(struct run_job *job, int cell)
{
    int n = job->strata->n_blocks;
    int64_t done = swg_split(job->n_units, cell + 1, n * n) - swg_split(job->n_units, cell, n * n);
    job->diagonals[cell % n]++;
    job->cancelled |= swg_control_step(job->control, done);
    pthread_cond_broadcast(&job->finished);
}

static enum swg_status run_part(void *context, int part, int n_parts)
{
    (void)part;
    (void)n_parts;
    struct run_job *job = context;
    const struct strata *s = job->strata;
    pthread_mutex_lock(&job->lock);
    for (int cell = claim_cell(job); cell >= 0; cell = claim_cell(job)) {
        int left = cell % s->n_blocks, right = (left + cell / s->n_blocks) % s->n_blocks;
        const int64_t *place = s->starts + left * s->n_blocks + right;
        pthread_mutex_unlock(&job->lock);
        job->steps(job->context, right, place[0], place[1]);
        pthread_mutex_lock(&job->lock);
        finish_cell(job, cell);
    }
    pthread_mutex_unlock(&job->lock);
    return SWG_OK;
}

enum swg_status strata_run(const struct strata *s, strata_steps steps, const void *context, int64_t n_units,
                           int64_t *control)
{
    int n_threads = swg_threads_for(s->starts[s->n_blocks * s->n_blocks], RUN_GRAIN, s->n_threads);
    struct run_job job = {.strata = s, .steps = steps, .context = context, .n_units = n_units, .control = control};
    pthread_mutex_init(&job.lock, NULL);
    pthread_cond_init(&job.finished, NULL);
    enum swg_status status = swg_parallel(n_threads < s->n_blocks ? n_threads : s->n_blocks, run_part, &job);
    pthread_cond_destroy(&job.finished);
    pthread_mutex_destroy(&job.lock);
    return status == SWG_OK && job.cancelled ? SWG_ERR_CANCELLED : status;
}

enum swg_status strata_unpad(float *factors, int64_t d, const float *padded, int64_t n)
{
    for (int64_t row = 0; row < n; row++)
        memcpy(factors + row * d, padded + row * swg_padded(d), sizeof(float) * (size_t)d);
    return swg_check_finite(factors, n * d);
}

void strata_start(float *padded, int64_t n, int64_t d, float scale, uint64_t seed)
{
    int64_t width = swg_padded(d);
    memset(padded, 0, sizeof(float) * (size_t)(n * width));
    for (int64_t row = 0; row < n; row++)
        for (int64_t j = 0; j < d; j++)
            padded[row * width + j] = scale * (2.0f * swg_random_uniform(seed, (uint64_t)row, (uint64_t)j) - 1.0f);
}
