/* Dense single-precision kernels, one set of functions for each instruction set.
 *
 * Rows are padded: a leading dimension is a multiple of SWG_PAD and the padding holds zeros, so no kernel has a
 * tail. Every output element is summed in an order that depends on nothing but its own row and column: not on
 * the tile it falls into, nor on how many rows are asked for. Bits differ between instruction sets.
 * Kernels check nothing, allocate nothing and run on the calling thread.
 */
#ifndef SWG_DENSE_H
#define SWG_DENSE_H

#include <stdint.h>

#include "swg/cpu.h"
#include "swg/status.h"

enum { SWG_PAD = 16, SWG_PANEL = 8, SWG_MAX_OUTPUTS = 32, SWG_TREE_ROWS = 64 };

/* n rounded up to a multiple of SWG_PAD. */
static inline int64_t swg_padded(int64_t n) { return (n + SWG_PAD - 1) / SWG_PAD * SWG_PAD; }

/* Splits of one tree: a row goes right where x > threshold, and there keeps the leaves `keep`. The first n_nan_left send
 * a NaN left, the others right. */
struct swg_splits {
    int64_t n, n_nan_left;
    const int32_t *feature;
    const float *threshold;
    const int32_t *keep;
};

struct swg_kernels {
    enum swg_isa isa;

    /* Upper triangle of C[n, n] += P' P for P[k, n]. n is a multiple of SWG_PAD; entries below the diagonal
     * become numbers without a meaning. n * n * k / 2 multiply-adds. */
    void (*add_outer)(float *c, int64_t ldc, const float *p, int64_t ldp, int64_t n, int64_t k);

    /* Solves A x = b in place of b for symmetric A[n, n] given by its upper triangle, overwritten by its Cholesky
     * factor U (A = U' U, zeros within panels below the diagonal). n is a multiple of SWG_PAD.
     * Gives 0, or 1 + the row whose pivot is not positive. n^3 / 6 multiply-adds. */
    int64_t (*solve_spd)(float *a, int64_t lda, int64_t n, float *b);

    /* Solves (I + P' P) x = b for P[n, width] by conjugate gradients from x = 0 until the residual is at most
     * `tolerance` times that of the start; b becomes the residual, work holds 2 * width values. Gives the steps
     * taken, -1 when max_steps did not suffice. About 2 * n * width multiply-adds a step. */
    int64_t (*solve_normal)(float *x, const float *p, int64_t width, int64_t n, float *b, float *work,
                            float tolerance, int64_t max_steps);

    /* C[m, n] = A[m, k] B[k, n]. n is a multiple of SWG_PAD, ldc and ldb are padded, A need not be. */
    void (*product)(float *c, int64_t ldc, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t m,
                    int64_t n, int64_t k);

    /* C[m, n] = A[k, m]' B[k, n]. m is a multiple of SWG_PANEL, n of SWG_PAD. */
    void (*turned_product)(float *c, int64_t ldc, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t m,
                           int64_t n, int64_t k);

    /* row = scale * softmax(row + bias), n > 0 a multiple of SWG_PAD; what is 87 below the largest counts as that.
     * Relative error 1e-5. */
    void (*softmax)(float *row, const float *bias, int64_t n, float scale);

    /* C[m, n] = A[m, k] B[n, k]', k a multiple of SWG_PAD; C is written only where it has elements. */
    void (*dots)(float *c, int64_t ldc, const float *a, int64_t lda, int64_t m, const float *b, int64_t ldb,
                 int64_t n, int64_t k);

    /* P[i, :] = root[i] Z[index[i], :] for i < n, and total[:] += weight[i] Z[index[i], :]; width is padded.
     */
    void (*gather)(float *p, const float *z, int64_t width, const int32_t *index, const float *root,
                   const float *weight, int64_t n, float *total);

    /* n steps of Bayesian personalised ranking for one user, one after the other. With x the user's row, y and b
     * rows better[s] and worse[s] of items[:, width] and their bias, and z = sigmoid(x.(y' - y) + b' - b):
     *     x = keep x + rate z (y - y'),  y = keep y + rate z x,  y' = keep y' - rate z x,  b and b' likewise,
     * x on the right being the old one. better[s] != worse[s]. */
    void (*rank_pairs)(float *user, float *items, float *bias, int64_t width, const int32_t *better,
                       const int32_t *worse, int64_t n, float rate, float keep);

    /* One step of negative sampling: rows[0] of outputs[:, width] is what `input` was seen with, the other
     * n - 1 < SWG_MAX_OUTPUTS rows are not. With g = rate (label - sigmoid(input . row)), all from the values
     * before the step: row += g input for each, in order, and input += sum g row, each row as it was when its turn
     * came. */
    void (*sample_step)(float *input, float *outputs, int64_t width, const int32_t *rows, int64_t n, float rate);

    /* leaves[SWG_TREE_ROWS] of that many rows: the leaves that no split takes away, as bits. columns[:, SWG_TREE_ROWS] is
     * a feature a row of the array. */
    void (*ask_splits)(int32_t *leaves, const float *columns, const struct swg_splits *splits);

    /* Dot product of two vectors whose length is a multiple of SWG_PAD. */
    float (*dot)(const float *a, const float *b, int64_t n);
};

/* The set of the best instruction set available, chosen once a process. */
const struct swg_kernels *swg_kernels(void);

/* The set of one instruction set, NULL when this machine cannot run it. For tests. */
const struct swg_kernels *swg_kernels_of(enum swg_isa isa);

/* gram[n, n] = Y' Y in double precision for Y[m, n] with rows ldy apart. Sums of at most 256 rows are single
 * precision, the rest is double, added in block order: the same bits for any n_threads.
 * SWG_ERR_VALUE when a result is not finite. m * n^2 / 2 multiply-adds. */
enum swg_status swg_gram(const float *y, int64_t ldy, int64_t m, int64_t n, double *gram, int n_threads);

#endif
