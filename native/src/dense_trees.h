/* The part of the template dense_simd.h, which includes it, that asks the splits of trees. */
typedef int32_t SWG_NAME(vm) __attribute__((vector_size(SWG_WIDTH * 4), aligned(4), may_alias));

#define VM SWG_NAME(vm)
#define ROW_VECTORS (SWG_TREE_ROWS / SWG_WIDTH < 4 ? SWG_TREE_ROWS / SWG_WIDTH : 4)

INLINE void SWG_NAME(ask_rows)(int32_t *leaves, const float *columns, const struct swg_splits *splits)
{
    VM mask[ROW_VECTORS];
#pragma GCC unroll 4
    for (int v = 0; v < ROW_VECTORS; v++)
        mask[v] = (VM){0} - 1;
    for (int64_t s = 0; s < splits->n_nan_left; s++) {
        const float *column = columns + (int64_t)splits->feature[s] * SWG_TREE_ROWS;
        VF threshold = (VF){0} + splits->threshold[s];
        VM keep = (VM){0} + splits->keep[s];
#pragma GCC unroll 4
        for (int v = 0; v < ROW_VECTORS; v++)
            mask[v] &= keep | ~(VM)(SWG_NAME(load)(column + v * SWG_WIDTH) > threshold);
    }
    for (int64_t s = splits->n_nan_left; s < splits->n; s++) {
        const float *column = columns + (int64_t)splits->feature[s] * SWG_TREE_ROWS;
        VF threshold = (VF){0} + splits->threshold[s];
        VM keep = (VM){0} + splits->keep[s];
#pragma GCC unroll 4
        for (int v = 0; v < ROW_VECTORS; v++)
            mask[v] &= keep | (VM)(SWG_NAME(load)(column + v * SWG_WIDTH) <= threshold);
    }
#pragma GCC unroll 4
    for (int v = 0; v < ROW_VECTORS; v++)
        *(VM *)(leaves + v * SWG_WIDTH) = mask[v];
}

FN void SWG_NAME(ask_splits)(int32_t *leaves, const float *columns, const struct swg_splits *splits)
{
    for (int row = 0; row < SWG_TREE_ROWS; row += ROW_VECTORS * SWG_WIDTH)
        SWG_NAME(ask_rows)(leaves + row, columns + row, splits);
}

#undef VM
#undef ROW_VECTORS
