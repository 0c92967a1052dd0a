/* Template of the dense kernels: included once for each instruction set by dense.c, which defines
 *   SWG_NAME(x)  a name of its own for every function     SWG_TARGET  the function attribute
 *   SWG_WIDTH    floats in a vector (4, 8, 16)            SWG_VECTORS vectors of columns in a register tile
 * Vectors are the compiler's, so the text below holds no intrinsics. No include guard, on purpose.
 */
#define FN SWG_TARGET static
#define INLINE SWG_TARGET static inline __attribute__((always_inline))
#define VF SWG_NAME(vf)
#define VQ SWG_NAME(vq)
#define TILE (SWG_VECTORS * SWG_WIDTH)

typedef float VF __attribute__((vector_size(SWG_WIDTH * 4), aligned(4), may_alias));
typedef float VQ __attribute__((vector_size(16), aligned(4), may_alias));

INLINE VF SWG_NAME(load)(const float *from) { return *(const VF *)from; }
INLINE void SWG_NAME(store)(float *to, VF value) { *(VF *)to = value; }

/* C[rows, n_vectors] = sign * sum_t a[r * a_row + t * a_step] * b[t * ldb + :], plus C itself when `add`. */
INLINE void SWG_NAME(tile)(float *c, int64_t ldc, const float *a, int64_t a_row, int64_t a_step, const float *b,
                           int64_t ldb, int64_t k, const int rows, const int n_vectors, const int add,
                           const int negative)
{
    VF sum[SWG_PANEL][SWG_VECTORS];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++)
            sum[r][v] = add ? SWG_NAME(load)(c + r * ldc + v * SWG_WIDTH) : (VF){0};
    for (int64_t t = 0; t < k; t++) {
        VF column[SWG_VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++)
            column[v] = SWG_NAME(load)(b + t * ldb + v * SWG_WIDTH);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            float x = a[r * a_row + t * a_step];
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; v++) {
                if (negative)
                    sum[r][v] -= x * column[v];
                else
                    sum[r][v] += x * column[v];
            }
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < n_vectors; v++)
            SWG_NAME(store)(c + r * ldc + v * SWG_WIDTH, sum[r][v]);
}

/* C[SWG_PANEL, from:n] += or -= the product of k rows of p: columns row.. against columns from.. */
INLINE void SWG_NAME(panel)(float *c, int64_t ldc, const float *p, int64_t ldp, int64_t row, int64_t from,
                            int64_t n, int64_t k, const int negative)
{
    int64_t j = from;
    for (; j + TILE <= n; j += TILE)
        SWG_NAME(tile)(c + j, ldc, p + row, 1, ldp, p + j, ldp, k, SWG_PANEL, SWG_VECTORS, 1, negative);
    for (; j < n; j += SWG_WIDTH)
        SWG_NAME(tile)(c + j, ldc, p + row, 1, ldp, p + j, ldp, k, SWG_PANEL, 1, 1, negative);
}

FN void SWG_NAME(add_outer)(float *c, int64_t ldc, const float *p, int64_t ldp, int64_t n, int64_t k)
{
    for (int64_t row = 0; row < n; row += SWG_PANEL)
        SWG_NAME(panel)(c + row * ldc, ldc, p, ldp, row, row / SWG_WIDTH * SWG_WIDTH, n, k, 0);
}

FN void SWG_NAME(product)(float *c, int64_t ldc, const float *a, int64_t lda, const float *b, int64_t ldb,
                          int64_t m, int64_t n, int64_t k)
{
    int64_t i = 0;
    for (; i + SWG_PANEL <= m; i += SWG_PANEL) {
        int64_t j = 0;
        for (; j + TILE <= n; j += TILE)
            SWG_NAME(tile)(c + i * ldc + j, ldc, a + i * lda, lda, 1, b + j, ldb, k, SWG_PANEL, SWG_VECTORS, 0, 0);
        for (; j < n; j += SWG_WIDTH)
            SWG_NAME(tile)(c + i * ldc + j, ldc, a + i * lda, lda, 1, b + j, ldb, k, SWG_PANEL, 1, 0, 0);
    }
    for (; i < m; i++)
        for (int64_t j = 0; j < n; j += SWG_WIDTH)
            SWG_NAME(tile)(c + i * ldc + j, ldc, a + i * lda, lda, 1, b + j, ldb, k, 1, 1, 0, 0);
}

FN void SWG_NAME(turned_product)(float *c, int64_t ldc, const float *a, int64_t lda, const float *b, int64_t ldb,
                                 int64_t m, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < m; i += SWG_PANEL) {
        int64_t j = 0;
        for (; j + TILE <= n; j += TILE)
            SWG_NAME(tile)(c + i * ldc + j, ldc, a + i, 1, lda, b + j, ldb, k, SWG_PANEL, SWG_VECTORS, 0, 0);
        for (; j < n; j += SWG_WIDTH)
            SWG_NAME(tile)(c + i * ldc + j, ldc, a + i, 1, lda, b + j, ldb, k, SWG_PANEL, 1, 0, 0);
    }
}

/* Sum of a vector as four partial sums, halves first: one order for every kernel below. */
INLINE VQ SWG_NAME(quarter)(VF x)
{
#if SWG_WIDTH == 16
    typedef float half __attribute__((vector_size(32)));
    half h = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
             __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
#elif SWG_WIDTH == 8
    return __builtin_shufflevector(x, x, 0, 1, 2, 3) + __builtin_shufflevector(x, x, 4, 5, 6, 7);
#else
    return x;
#endif
}

INLINE float SWG_NAME(sum1)(VF x)
{
    VQ q = SWG_NAME(quarter)(x);
    return (q[0] + q[2]) + (q[1] + q[3]);
}

INLINE VQ SWG_NAME(sum4)(const VF *x)
{
    VQ a = SWG_NAME(quarter)(x[0]), b = SWG_NAME(quarter)(x[1]);
    VQ c = SWG_NAME(quarter)(x[2]), d = SWG_NAME(quarter)(x[3]);
    VQ ab = __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
    VQ cd = __builtin_shufflevector(c, d, 0, 4, 1, 5) + __builtin_shufflevector(c, d, 2, 6, 3, 7);
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5) + __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

INLINE void SWG_NAME(dots_tile)(float *c, int64_t ldc, const float *a, int64_t lda, const float *b, int64_t ldb,
                                int64_t k, const int rows, const int columns)
{
    VF sum[4][4];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int s = 0; s < columns; s++)
            sum[r][s] = (VF){0};
    for (int64_t t = 0; t < k; t += SWG_WIDTH) {
        VF right[4];
#pragma GCC unroll 4
        for (int s = 0; s < columns; s++)
            right[s] = SWG_NAME(load)(b + s * ldb + t);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            VF left = SWG_NAME(load)(a + r * lda + t);
#pragma GCC unroll 4
            for (int s = 0; s < columns; s++)
                sum[r][s] += left * right[s];
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++) {
        if (columns == 4)
            *(VQ *)(c + r * ldc) = SWG_NAME(sum4)(sum[r]);
        else
            c[r * ldc] = SWG_NAME(sum1)(sum[r][0]);
    }
}

FN void SWG_NAME(dots)(float *c, int64_t ldc, const float *a, int64_t lda, int64_t m, const float *b, int64_t ldb,
                       int64_t n, int64_t k)
{
    enum { ROWS = SWG_WIDTH == 16 ? 4 : 2 };
    int64_t j = 0;
    for (; j + 4 <= n; j += 4) {
        int64_t i = 0;
        for (; i + ROWS <= m; i += ROWS)
            SWG_NAME(dots_tile)(c + i * ldc + j, ldc, a + i * lda, lda, b + j * ldb, ldb, k, ROWS, 4);
        for (; i < m; i++)
            SWG_NAME(dots_tile)(c + i * ldc + j, ldc, a + i * lda, lda, b + j * ldb, ldb, k, 1, 4);
    }
    for (; j < n; j++)
        for (int64_t i = 0; i < m; i++)
            SWG_NAME(dots_tile)(c + i * ldc + j, ldc, a + i * lda, lda, b + j * ldb, ldb, k, 1, 1);
}

FN float SWG_NAME(dot)(const float *a, const float *b, int64_t n)
{
    VF sum = {0};
    for (int64_t t = 0; t < n; t += SWG_WIDTH)
        sum += SWG_NAME(load)(a + t) * SWG_NAME(load)(b + t);
    return SWG_NAME(sum1)(sum);
}

FN void SWG_NAME(gather)(float *p, const float *z, int64_t width, const int32_t *index, const float *root,
                         const float *weight, int64_t n, float *total)
{
    enum { AHEAD = 8 };
    for (int64_t i = 0; i < n; i++) {
        const float *row = z + index[i] * width;
        if (i + AHEAD < n)
            for (int64_t t = 0; t < width; t += 16)
                __builtin_prefetch(z + index[i + AHEAD] * width + t);
        for (int64_t t = 0; t < width; t += SWG_WIDTH) {
            VF value = SWG_NAME(load)(row + t);
            SWG_NAME(store)(p + i * width + t, root[i] * value);
            SWG_NAME(store)(total + t, SWG_NAME(load)(total + t) + weight[i] * value);
        }
    }
}

/* out[:] += sum_i p_i (p_i . v): four rows at a time, held in registers where n_vectors of them fit. */
INLINE void SWG_NAME(normal_fixed)(float *out, const float *p, int64_t n, const float *v, const int n_vectors)
{
    const int64_t width = n_vectors * SWG_WIDTH;
    VF sum[4], left[4];
#pragma GCC unroll 4
    for (int t = 0; t < n_vectors; t++) {
        sum[t] = SWG_NAME(load)(out + t * SWG_WIDTH);
        left[t] = SWG_NAME(load)(v + t * SWG_WIDTH);
    }
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        VF row[4][4], partial[4];
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) {
            partial[r] = (VF){0};
#pragma GCC unroll 4
            for (int t = 0; t < n_vectors; t++) {
                row[r][t] = SWG_NAME(load)(p + (i + r) * width + t * SWG_WIDTH);
                partial[r] += row[r][t] * left[t];
            }
        }
        VQ dots = SWG_NAME(sum4)(partial);
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++)
#pragma GCC unroll 4
            for (int t = 0; t < n_vectors; t++)
                sum[t] += dots[r] * row[r][t];
    }
    for (; i < n; i++) {
        VF row[4], partial = {0};
#pragma GCC unroll 4
        for (int t = 0; t < n_vectors; t++) {
            row[t] = SWG_NAME(load)(p + i * width + t * SWG_WIDTH);
            partial += row[t] * left[t];
        }
        float dot = SWG_NAME(sum1)(partial);
#pragma GCC unroll 4
        for (int t = 0; t < n_vectors; t++)
            sum[t] += dot * row[t];
    }
#pragma GCC unroll 4
    for (int t = 0; t < n_vectors; t++)
        SWG_NAME(store)(out + t * SWG_WIDTH, sum[t]);
}

INLINE void SWG_NAME(normal_wide)(float *out, const float *p, int64_t width, int64_t n, const float *v)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        float dots[4];
        const float *rows = p + i * width;
        SWG_NAME(dots_tile)(dots, 0, v, 0, rows, width, width, 1, 4);
        for (int64_t t = 0; t < width; t += SWG_WIDTH) {
            VF sum = SWG_NAME(load)(out + t);
#pragma GCC unroll 4
            for (int r = 0; r < 4; r++)
                sum += dots[r] * SWG_NAME(load)(rows + r * width + t);
            SWG_NAME(store)(out + t, sum);
        }
    }
    for (; i < n; i++) {
        float dot = SWG_NAME(dot)(v, p + i * width, width);
        for (int64_t t = 0; t < width; t += SWG_WIDTH)
            SWG_NAME(store)(out + t, SWG_NAME(load)(out + t) + dot * SWG_NAME(load)(p + i * width + t));
    }
}

INLINE void SWG_NAME(normal)(float *out, const float *p, int64_t width, int64_t n, const float *v)
{
    switch (width / SWG_WIDTH) {
    case 1: SWG_NAME(normal_fixed)(out, p, n, v, 1); break;
    case 2: SWG_NAME(normal_fixed)(out, p, n, v, 2); break;
    case 3: SWG_NAME(normal_fixed)(out, p, n, v, 3); break;
    case 4: SWG_NAME(normal_fixed)(out, p, n, v, 4); break;
    default: SWG_NAME(normal_wide)(out, p, width, n, v);
    }
}

FN int64_t SWG_NAME(solve_normal)(float *x, const float *p, int64_t width, int64_t n, float *b, float *work,
                                  float tolerance, int64_t max_steps)
{
    float *direction = work, *image = work + width;
    float norm = SWG_NAME(dot)(b, b, width), enough = tolerance * tolerance * norm;
    for (int64_t t = 0; t < width; t++) {
        x[t] = 0.0f;
        direction[t] = b[t];
    }
    for (int64_t step = 0; step < max_steps; step++) {
        if (!(norm > enough))
            return step;
        for (int64_t t = 0; t < width; t += SWG_WIDTH)
            SWG_NAME(store)(image + t, SWG_NAME(load)(direction + t));
        SWG_NAME(normal)(image, p, width, n, direction);
        float length = norm / SWG_NAME(dot)(direction, image, width);
        for (int64_t t = 0; t < width; t += SWG_WIDTH) {
            SWG_NAME(store)(x + t, SWG_NAME(load)(x + t) + length * SWG_NAME(load)(direction + t));
            SWG_NAME(store)(b + t, SWG_NAME(load)(b + t) - length * SWG_NAME(load)(image + t));
        }
        float next = SWG_NAME(dot)(b, b, width), turn = next / norm;
        for (int64_t t = 0; t < width; t += SWG_WIDTH)
            SWG_NAME(store)(direction + t, SWG_NAME(load)(b + t) + turn * SWG_NAME(load)(direction + t));
        norm = next;
    }
    return norm > enough ? -1 : max_steps;
}

/* Factors rows row .. row + SWG_PANEL of an updated panel and eliminates them from b. */
INLINE int64_t SWG_NAME(factor_panel)(float *a, int64_t lda, int64_t n, int64_t row, float *b)
{
    int64_t from = row / SWG_WIDTH * SWG_WIDTH;
    for (int64_t r = row; r < row + SWG_PANEL; r++) {
        float *pivot_row = a + r * lda;
        if (!(pivot_row[r] > 0.0f))
            return r + 1;
        float scale = 1.0f / __builtin_sqrtf(pivot_row[r]);
        float y = b[r] * scale;
        for (int64_t j = from; j < r; j++)
            pivot_row[j] = 0.0f;
        for (int64_t j = from; j < n; j += SWG_WIDTH) {
            VF value = SWG_NAME(load)(pivot_row + j) * scale;
            SWG_NAME(store)(pivot_row + j, value);
            SWG_NAME(store)(b + j, SWG_NAME(load)(b + j) - y * value);
        }
        b[r] = y;
        for (int64_t below = r + 1; below < row + SWG_PANEL; below++) {
            float factor = pivot_row[below];
            for (int64_t j = from; j < n; j += SWG_WIDTH)
                SWG_NAME(store)(a + below * lda + j, SWG_NAME(load)(a + below * lda + j) -
                                                         factor * SWG_NAME(load)(pivot_row + j));
        }
    }
    return 0;
}

/* Solves U x = b in place for rows row .. row + SWG_PANEL, later rows being solved already. */
INLINE void SWG_NAME(back_panel)(const float *a, int64_t lda, int64_t n, int64_t row, float *b)
{
    VF sum[SWG_PANEL];
    float right[SWG_PANEL];
    for (int r = 0; r < SWG_PANEL; r++) {
        right[r] = b[row + r];
        b[row + r] = 0.0f; /* the vectors below also touch this panel */
    }
#pragma GCC unroll 8
    for (int r = 0; r < SWG_PANEL; r++)
        sum[r] = (VF){0};
    for (int64_t j = (row + SWG_PANEL) / SWG_WIDTH * SWG_WIDTH; j < n; j += SWG_WIDTH) {
        VF solved = SWG_NAME(load)(b + j);
#pragma GCC unroll 8
        for (int r = 0; r < SWG_PANEL; r++)
            sum[r] += SWG_NAME(load)(a + (row + r) * lda + j) * solved;
    }
    VQ low = SWG_NAME(sum4)(sum), high = SWG_NAME(sum4)(sum + 4);
    for (int r = SWG_PANEL - 1; r >= 0; r--) {
        const float *u = a + (row + r) * lda + row;
        float rest = right[r] - (r < 4 ? low[r] : high[r - 4]);
        for (int s = r + 1; s < SWG_PANEL; s++)
            rest -= u[s] * right[s];
        right[r] = rest / u[r];
    }
    for (int r = 0; r < SWG_PANEL; r++)
        b[row + r] = right[r];
}

FN int64_t SWG_NAME(solve_spd)(float *a, int64_t lda, int64_t n, float *b)
{
    for (int64_t row = 0; row < n; row += SWG_PANEL) {
        SWG_NAME(panel)(a + row * lda, lda, a, lda, row, row / SWG_WIDTH * SWG_WIDTH, n, row, 1);
        int64_t failed = SWG_NAME(factor_panel)(a, lda, n, row, b);
        if (failed)
            return failed;
    }
    for (int64_t row = n - SWG_PANEL; row >= 0; row -= SWG_PANEL)
        SWG_NAME(back_panel)(a, lda, n, row, b);
    return 0;
}

#include "dense_softmax.h"
#include "dense_steps.h"
#include "dense_trees.h"

static const struct swg_kernels SWG_NAME(kernels) = {
    .isa = SWG_ISA,
    .add_outer = SWG_NAME(add_outer),
    .solve_spd = SWG_NAME(solve_spd),
    .solve_normal = SWG_NAME(solve_normal),
    .product = SWG_NAME(product),
    .turned_product = SWG_NAME(turned_product),
    .softmax = SWG_NAME(softmax),
    .dots = SWG_NAME(dots),
    .gather = SWG_NAME(gather),
    .dot = SWG_NAME(dot),
    .rank_pairs = SWG_NAME(rank_pairs),
    .sample_step = SWG_NAME(sample_step),
    .ask_splits = SWG_NAME(ask_splits),
};

#undef FN
#undef INLINE
#undef VF
#undef VQ
#undef TILE
#undef SWG_NAME
#undef SWG_TARGET
#undef SWG_WIDTH
#undef SWG_VECTORS
#undef SWG_ISA
