#include "swg/types.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

void *swg_allocate(int64_t n, size_t value_size)
{
    int64_t bytes;
    if (swg_multiply(n, (int64_t)value_size, &bytes) != SWG_OK)
        return NULL;
    bytes = (bytes / CACHE_LINE + 1) * CACHE_LINE;
    return aligned_alloc(CACHE_LINE, (size_t)bytes);
}

enum swg_status swg_check_finite(const float *values, int64_t n)
{
    int bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= !isfinite(values[i]);
    return bad ? SWG_ERR_VALUE : SWG_OK;
}

enum swg_status swg_check_indptr(const int64_t *indptr, int64_t n_rows, int64_t n_stored)
{
    if (indptr[0] != 0 || indptr[n_rows] != n_stored)
        return SWG_ERR_INDPTR;
    for (int64_t row = 0; row < n_rows; row++)
        if (indptr[row] > indptr[row + 1])
            return SWG_ERR_INDPTR;
    return SWG_OK;
}

enum swg_status swg_csr_check(const struct swg_csr *matrix, unsigned flags)
{
    if (matrix->n_rows < 0 || matrix->n_columns < 0 || matrix->n_stored < 0)
        return SWG_ERR_ARGUMENT;
    enum swg_status status = swg_check_indptr(matrix->indptr, matrix->n_rows, matrix->n_stored);
    if (status != SWG_OK)
        return status;
    int bad = 0;
    for (int64_t i = 0; i < matrix->n_stored; i++)
        bad |= matrix->indices[i] < 0 || matrix->indices[i] >= matrix->n_columns;
    if (bad)
        return SWG_ERR_INDEX;
    if (flags & SWG_CHECK_FINITE)
        status = swg_check_finite(matrix->data, matrix->n_stored);
    if (status == SWG_OK && (flags & SWG_CHECK_NOT_NEGATIVE)) {
        for (int64_t i = 0; i < matrix->n_stored; i++)
            bad |= matrix->data[i] < 0.0f;
        status = bad ? SWG_ERR_NEGATIVE : SWG_OK;
    }
    return status;
}

enum swg_status swg_csr_transpose(const struct swg_csr *matrix, int64_t *t_indptr, int32_t *t_indices,
                                  float *t_data)
{
    enum swg_status status = swg_csr_check(matrix, 0);
    if (status != SWG_OK)
        return status;
    if (matrix->n_rows > INT32_MAX)
        return SWG_ERR_SIZE;
    memset(t_indptr, 0, sizeof(*t_indptr) * (size_t)(matrix->n_columns + 1));
    for (int64_t i = 0; i < matrix->n_stored; i++)
        t_indptr[matrix->indices[i] + 1]++;
    for (int64_t column = 0; column < matrix->n_columns; column++)
        t_indptr[column + 1] += t_indptr[column];
    /* The starts serve as cursors; shifting them back by one column restores them. */
    for (int64_t row = 0; row < matrix->n_rows; row++)
        for (int64_t i = matrix->indptr[row]; i < matrix->indptr[row + 1]; i++) {
            int64_t place = t_indptr[matrix->indices[i]]++;
            t_indices[place] = (int32_t)row;
            if (t_data)
                t_data[place] = matrix->data[i];
        }
    for (int64_t column = matrix->n_columns; column > 0; column--)
        t_indptr[column] = t_indptr[column - 1];
    t_indptr[0] = 0;
    return SWG_OK;
}
