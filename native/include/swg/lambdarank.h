/* LambdaRank (Burges 2010, "From RankNet to LambdaRank to LambdaMART", section 4) on NDCG, each pair's lambda times
 * a function of the two rows' weights.
 *
 * A query's rows are sorted by score, largest first, ties in row order. Places count from 0, D(i) = 1 / log2(2 + i),
 * G = 2^label - 1, M is the largest DCG of the first `truncation` places. For i < truncation, i < j and different
 * labels, with h the place of the higher label, l that of the lower and s the score:
 *
 *     delta  = |G(i) - G(j)| (D(i) - D(j)) / M, and with `norm` over (.01 + |s(i) - s(j)|) unless all scores are equal
 *     rho    = 1 / (1 + exp(s(h) - s(l)))
 *     lambda = rho delta,  hessian = rho (1 - rho) delta,  S = 2 sum lambda
 *     gradient(h) -= f lambda,  gradient(l) += f lambda,  both hessians += f hessian
 *
 * f is the pair factor. With `norm` all is multiplied by log2(1 + S) / S at the end; weights do not enter S, so a
 * query of small weights pulls less. This is LightGBM 4's own objective with sigmoid 1, and without weights (or with
 * all 1) its bits, unless its build fuses multiply-adds: pairs are summed in the same order in float32, and rho is
 * read from a table of 2^20 cells over differences of -25 .. 25.
 *
 * Cost: a sort and n * truncation pairs for a query of n rows; threads over queries; scratch of about 70 bytes a row
 * of the longest query for each thread. Accuracy: rho within 1.3e-5, sums in float32; the gradients of a query sum
 * to 0 up to their rounding. The same bits for any number of threads.
 * Not promised: finite results for weights above 1e15; the contents of the outputs after an error.
 */
#ifndef SWG_LAMBDARANK_H
#define SWG_LAMBDARANK_H

#include <stdint.h>

#include "swg/status.h"

enum { SWG_LAMBDARANK_MAX_LABEL = 31, SWG_LAMBDARANK_CELLS = 1 << 20 };

enum swg_pair_factor {
    SWG_PAIR_PRODUCT, /* w(h) w(l) */
    SWG_PAIR_WINNER,  /* w(h) */
    SWG_PAIR_MEAN     /* (w(h) + w(l)) / 2 */
};

struct swg_lambdarank_input {
    int64_t n_queries, n_rows;
    const int64_t *indptr; /* [n_queries + 1], query q holds rows indptr[q] .. indptr[q + 1] */
    const int32_t *label;  /* [n_rows], 0 .. SWG_LAMBDARANK_MAX_LABEL */
    const float *weight;   /* NULL, or [n_rows] of finite values of at least 0 */
    int64_t truncation;    /* at least 1 */
    enum swg_pair_factor factor;
    int norm;
};

/* Values of the plan: what does not change from one iteration to the next. 0 where the calls below would refuse indptr,
 * truncation or the sizes. */
int64_t swg_lambdarank_plan_size(const struct swg_lambdarank_input *input);

/* Fills plan[size] from indptr, label and truncation: 1 / M of the queries, D of the places, the table of rho.
 * One thread. SWG_ERR_ARGUMENT (truncation, sizes), _INDPTR, _INDEX (a label), _SIZE (of the plan). */
enum swg_status swg_lambdarank_plan(const struct swg_lambdarank_input *input, double *plan, int64_t size);

/* gradients[n_rows] and hessians[n_rows] of scores[n_rows]. The plan is that of the same indptr, label and truncation;
 * one of other contents gives other numbers, never an access out of bounds.
 * SWG_ERR_ARGUMENT (truncation, factor, n_threads, sizes), _INDPTR, _INDEX (a label), _SIZE (of the plan, or a query
 * of more than 2^31 - 1 rows), _VALUE (a score or weight), _NEGATIVE (a weight), _MEMORY. */
enum swg_status swg_lambdarank(const struct swg_lambdarank_input *input, const double *plan, int64_t size,
                               const double *scores, int n_threads, float *gradients, float *hessians);

#endif
