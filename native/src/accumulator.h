/* One row of a sparse result while it is summed: private to covisit.c and sparse.c. */
#ifndef SWG_ACCUMULATOR_H
#define SWG_ACCUMULATOR_H

#include <stdlib.h>

#include "swg/types.h"

/* A dense row that remembers which columns were touched. */
struct accumulator {
    double *sums;     /* [n_columns], zero between rows */
    int32_t *touched; /* [n_columns] */
    bool *seen;       /* [n_columns], false between rows */
    int64_t count;
};

static inline void free_accumulator(struct accumulator *row)
{
    free(row->sums);
    free(row->touched);
    free(row->seen);
}

static inline enum swg_status make_accumulator(struct accumulator *row, int64_t n_columns)
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

static inline void clear_accumulator(struct accumulator *row)
{
    for (int64_t i = 0; i < row->count; i++) {
        row->sums[row->touched[i]] = 0.0;
        row->seen[row->touched[i]] = false;
    }
    row->count = 0;
}

#endif
