/* Stochastic gradient steps over pairs (left row, right row) in strata, after Gemulla, Nijkamp, Haas, Sismanis 2011,
 * "Large-scale matrix factorization with distributed stochastic gradient descent".
 *
 * Both sides are dealt into n_blocks blocks; a cell holds the pairs of one left and one right block. The cells of a
 * diagonal share no row and run at the same time; of two cells that share a block, the one of the earlier diagonal goes
 * first. Which pairs a cell holds, and in which order, does not depend on the number of threads: so neither do the
 * steps. Rows that a step draws must come
 * from the right block of its cell (strata_draw). */
#ifndef SWG_STRATA_H
#define SWG_STRATA_H

#include <stdint.h>

#include "swg/random.h"
#include "swg/status.h"
#include "swg/types.h"

struct pair {
    int32_t left, right;
};

struct strata {
    int n_blocks, n_threads;
    int64_t n_left, n_right;
    uint8_t *left_block, *right_block; /* [n_left], [n_right] */
    int32_t *order;                    /* groups of rows while they are dealt */
    int64_t *starts;                   /* [cells + 1] of each cell in pairs, left blocks outside */
    int64_t *counts;                   /* [n_threads, cells] */
    struct pair *pairs;                /* [most_pairs] */
    int64_t *draw_starts;              /* [n_blocks + 1] of each right block in draws */
    int32_t *draws;                    /* [DRAWS * n_right] each row as often as it is likely */
};

/* Where a source puts its pairs: counted where `pairs` is NULL, stored otherwise. */
struct sink {
    const struct strata *strata;
    struct pair *pairs;
    int64_t *places; /* [cells] */
};

static inline void strata_put(const struct sink *sink, int32_t left, int32_t right)
{
    const struct strata *s = sink->strata;
    int64_t place = sink->places[s->left_block[left] * s->n_blocks + s->right_block[right]]++;
    if (sink->pairs)
        sink->pairs[place] = (struct pair){left, right};
}

/* Puts the pairs of units start .. stop; called twice, and must put the same pairs. */
typedef void (*strata_source)(const void *context, int64_t start, int64_t stop, const struct sink *sink);

/* Takes pairs first .. last of one cell. */
typedef void (*strata_steps)(const void *context, int right_block, int64_t first, int64_t last);

/* n_blocks 0 chooses by the numbers of rows. Free with strata_free, whatever the status. */
enum swg_status strata_make(struct strata *s, int64_t n_left, int64_t n_right, int64_t most_pairs, int n_blocks,
                            int n_threads);
void strata_free(struct strata *s);

/* Deals rows into blocks by chance, groups of neighbours together: blocks then share no cache line of an array of
 * floats that starts at one. */
void strata_deal(struct strata *s, uint8_t *block, int64_t n_rows, uint64_t key);

/* Prepares draws of right rows within their block, in proportion to weight[n_right] >= 0. A row's share of the table
 * is rounded by chance, so that over epochs, with a key each, none is too small to be drawn. */
void strata_weigh(struct strata *s, const float *weight, uint64_t key);

/* weight[n_columns]: (entries of the column)^power, 0 without entries. */
void strata_count(float *weight, const struct swg_csr *rows, double power);

/* The row that holds an entry. */
int64_t strata_row_of(const struct swg_csr *rows, int64_t entry);

/* Sorts the pairs of units start .. stop into cells, at most most_pairs of them. */
enum swg_status strata_fill(struct strata *s, strata_source source, const void *context, int64_t start, int64_t stop);

/* Takes all pairs; n_units are added to the control array on the way. SWG_ERR_CANCELLED. */
enum swg_status strata_run(const struct strata *s, strata_steps steps, const void *context, int64_t n_units,
                           int64_t *control);

/* A right row of the block by 32 random bits, -1 where there is none to draw. */
static inline int32_t strata_draw(const struct strata *s, int right_block, uint32_t bits)
{
    int64_t start = s->draw_starts[right_block], n = s->draw_starts[right_block + 1] - start;
    return n ? s->draws[start + (int64_t)(((unsigned __int128)bits * (uint64_t)n) >> 32)] : -1;
}

/* Copies padded rows into factors[n, d]; SWG_ERR_VALUE where one is not finite. */
enum swg_status strata_unpad(float *factors, int64_t d, const float *padded, int64_t n);

/* Values from -scale to scale in the first d columns of padded rows, zeros in the others. */
void strata_start(float *padded, int64_t n, int64_t d, float scale, uint64_t seed);

#endif
