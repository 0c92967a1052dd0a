/* Scores of rows by a forest of decision trees, as LightGBM defines them: sum of the leaves that a row falls into.
 *
 * A tree of s splits has s + 1 leaves. A child of 0 or more is a split of the same tree, one below 0 the leaf
 * -1 - child; split 0 is the root, and a tree without splits is its one leaf. Where a row goes at a split is told by
 * the split's rule, from x = row[feature], where |x| <= 1e-35 counts as 0, and the threshold t:
 *
 *     SWG_NAN_LEFT, SWG_NAN_RIGHT    left where x <= t, a NaN as named
 *     SWG_ZERO_LEFT, SWG_ZERO_RIGHT  the same, but NaN and 0 as named
 *     SWG_IN_SET                     left where x, cut to a whole number, is in the split's set of categories; NaN
 *                                    and numbers below 0 go right
 *
 * Method: of a tree of at most SWG_MASK_LEAVES leaves all splits are asked, for a block of rows at once (QuickScorer,
 * Lucchese et al. 2015, here with neighbouring rows in the lanes of a vector): leaves are numbered from the left, a
 * split that sends a row right takes the leaves to its left out of the row's mask, and the first leaf that is left is
 * the row's. No branch depends on the data. Larger trees are walked.
 *
 * Cost: n_rows * n_splits comparisons of SWG_MASK_LEAVES-leaf trees, 16 at a time with AVX-512; threads over blocks of
 * rows. Accuracy: sums in double precision, tree after tree, from 0: LightGBM's bits. They depend on nothing else.
 * Every call checks the whole forest, which costs about as much as 200 rows.
 */
#ifndef SWG_FOREST_H
#define SWG_FOREST_H

#include <stdint.h>

#include "swg/status.h"

enum { SWG_MASK_LEAVES = 32, SWG_MAX_SPLITS = 1 << 20 /* of a tree */ };

enum swg_split_rule { SWG_NAN_LEFT, SWG_NAN_RIGHT, SWG_ZERO_LEFT, SWG_ZERO_RIGHT, SWG_IN_SET, SWG_RULE_COUNT };

struct swg_forest {
    int64_t n_trees, n_splits, n_features;
    const int64_t *indptr;    /* [n_trees + 1], tree t holds splits indptr[t] .. indptr[t + 1] */
    const int32_t *feature;   /* [n_splits] */
    const float *threshold;   /* [n_splits], not NaN */
    const int32_t *rule;      /* [n_splits], enum swg_split_rule */
    const int32_t *left, *right; /* [n_splits] */
    const double *value;      /* [n_splits + n_trees], leaf l of tree t is value[indptr[t] + t + l] */
    const int32_t *set;       /* [n_splits], which set; read where the rule is SWG_IN_SET */
    int64_t n_sets, n_words;
    const int64_t *set_indptr; /* [n_sets + 1], words of 32 categories each */
    const int32_t *words;     /* [n_words], bit b of word w of a set: category 32 w + b */
};

/* SWG_ERR_INDPTR (either), SWG_ERR_INDEX (a feature, rule or set), SWG_ERR_SIZE (a tree of too many splits),
 * SWG_ERR_VALUE (a threshold is NaN, a leaf not finite), SWG_ERR_ARGUMENT (children that do not make one tree of
 * all splits and leaves), SWG_ERR_MEMORY. `tree` becomes the first bad tree, -1 where no one tree is to blame. */
enum swg_status swg_forest_check(const struct swg_forest *forest, int64_t *tree);

/* scores[n_rows] of features[n_rows, n_features]. Checks the forest first. SWG_ERR_CANCELLED. Units of progress are
 * rows. Not promised: the contents of scores after an error. */
enum swg_status swg_forest_score(const struct swg_forest *forest, const float *features, int64_t n_rows, int n_threads,
                                 int64_t *control, double *scores);

#endif
