#include "swg/forest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "swg/dense.h"
#include "swg/parallel.h"
#include "swg/types.h"

static const float zero_threshold = 1e-35f; /* LightGBM's kZeroThreshold */

/* Scratch for numbering one tree: of a split the first leaf below it and the first of its right side. */
struct numbers {
    int32_t *stack, *first, *middle; /* [n] */
    int32_t *order, *place;          /* [n + 1]: the leaf at a place from the left, and the place of a leaf */
};

static int64_t splits_of(const struct swg_forest *forest, int64_t tree)
{
    return forest->indptr[tree + 1] - forest->indptr[tree];
}

static enum swg_status allocate_numbers(struct numbers *numbers, int64_t n)
{
    int32_t *base = swg_allocate(5 * (n + 1), sizeof(int32_t));
    if (!base)
        return SWG_ERR_MEMORY;
    *numbers = (struct numbers){base, base + (n + 1), base + 2 * (n + 1), base + 3 * (n + 1), base + 4 * (n + 1)};
    return SWG_OK;
}

/* False unless the children make one tree of all splits and leaves. Every split is entered once or the walk ends. */
static bool number_leaves(const struct swg_forest *forest, int64_t tree, const struct numbers *numbers)
{
    int64_t n = splits_of(forest, tree), depth = 0, n_entered = 0, n_leaves = 0;
    const int32_t *left = forest->left + forest->indptr[tree], *right = forest->right + forest->indptr[tree];
    memset(numbers->first, -1, sizeof(int32_t) * (size_t)n);
    memset(numbers->place, -1, sizeof(int32_t) * (size_t)(n + 1));
    for (int32_t at = n ? 0 : -1;;) {
        if (at >= 0) {
            if (at >= n || numbers->first[at] >= 0)
                return false;
            n_entered++;
            numbers->first[at] = (int32_t)n_leaves;
            numbers->stack[depth++] = at;
            at = left[at];
            continue;
        }
        int32_t leaf = -1 - at;
        if (leaf > n || numbers->place[leaf] >= 0)
            return false;
        numbers->place[leaf] = (int32_t)n_leaves;
        numbers->order[n_leaves++] = leaf;
        if (depth == 0)
            return n_entered == n;
        int32_t split = numbers->stack[--depth];
        numbers->middle[split] = (int32_t)n_leaves;
        at = right[split];
    }
}

static enum swg_status check_splits(const struct swg_forest *forest, int64_t first, int64_t last)
{
    for (int64_t s = first; s < last; s++) {
        int32_t rule = forest->rule[s];
        if (forest->feature[s] < 0 || forest->feature[s] >= forest->n_features || rule < 0 ||
            rule >= SWG_RULE_COUNT ||
            (rule == SWG_IN_SET && (forest->set[s] < 0 || forest->set[s] >= forest->n_sets)))
            return SWG_ERR_INDEX;
        if (isnan(forest->threshold[s]))
            return SWG_ERR_VALUE;
    }
    return SWG_OK;
}

static enum swg_status check_tree(const struct swg_forest *forest, int64_t tree, const struct numbers *numbers)
{
    int64_t first = forest->indptr[tree], last = forest->indptr[tree + 1];
    enum swg_status status = check_splits(forest, first, last);
    if (status != SWG_OK)
        return status;
    for (int64_t leaf = first + tree; leaf <= last + tree; leaf++)
        if (!isfinite(forest->value[leaf]))
            return SWG_ERR_VALUE;
    return number_leaves(forest, tree, numbers) ? SWG_OK : SWG_ERR_ARGUMENT;
}

/* Splits of the largest tree, or -1 where one is too large; *tree is then that one. */
static int64_t most_splits(const struct swg_forest *forest, int64_t *tree)
{
    int64_t most = 0;
    for (int64_t t = 0; t < forest->n_trees; t++) {
        most = swg_max(most, splits_of(forest, t));
        if (most > SWG_MAX_SPLITS) {
            *tree = t;
            return -1;
        }
    }
    return most;
}

static enum swg_status check_sizes(const struct swg_forest *forest)
{
    enum swg_status status = swg_check_indptr(forest->indptr, forest->n_trees, forest->n_splits);
    if (status == SWG_OK)
        status = swg_check_indptr(forest->set_indptr, forest->n_sets, forest->n_words);
    return status;
}

enum swg_status swg_forest_check(const struct swg_forest *forest, int64_t *tree)
{
    *tree = -1;
    enum swg_status status = check_sizes(forest);
    if (status != SWG_OK)
        return status;
    int64_t most = most_splits(forest, tree);
    struct numbers numbers;
    if (most < 0)
        return SWG_ERR_SIZE;
    if (allocate_numbers(&numbers, most) != SWG_OK)
        return SWG_ERR_MEMORY;
    for (int64_t t = 0; t < forest->n_trees && status == SWG_OK; t++) {
        status = check_tree(forest, t, &numbers);
        if (status != SWG_OK)
            *tree = t;
    }
    free(numbers.stack);
    return status;
}

/* The forest as the kernel asks it: of each tree first the splits that send a NaN left, then those that send it right,
 * then those of other rules; the leaves from the left. Trees that are walked are left out. */
struct plan {
    const struct swg_forest *forest;
    int64_t *n_nan_left, *n_plain; /* [n_trees] */
    int32_t *split, *feature, *keep; /* [n_splits] */
    float *threshold;                /* [n_splits] */
    double *value;                   /* [n_splits + n_trees] */
};

static void free_plan(struct plan *plan)
{
    free(plan->n_nan_left);
    free(plan->n_plain);
    free(plan->split);
    free(plan->feature);
    free(plan->keep);
    free(plan->threshold);
    free(plan->value);
}

static enum swg_status allocate_plan(struct plan *plan)
{
    int64_t n_trees = plan->forest->n_trees, n_splits = plan->forest->n_splits;
    plan->n_nan_left = swg_allocate(n_trees, sizeof(int64_t));
    plan->n_plain = swg_allocate(n_trees, sizeof(int64_t));
    plan->split = swg_allocate(n_splits, sizeof(int32_t));
    plan->feature = swg_allocate(n_splits, sizeof(int32_t));
    plan->keep = swg_allocate(n_splits, sizeof(int32_t));
    plan->threshold = swg_allocate(n_splits, sizeof(float));
    plan->value = swg_allocate(n_splits + n_trees, sizeof(double));
    bool good = plan->n_nan_left && plan->n_plain && plan->split && plan->feature && plan->keep && plan->threshold &&
                plan->value;
    return good ? SWG_OK : SWG_ERR_MEMORY;
}

/* Bits of all leaves but first .. middle, those on the left of a split. */
static int32_t leaves_kept(int32_t first, int32_t middle)
{
    return (int32_t)~(((1u << (middle - first)) - 1u) << first);
}

/* 0 for SWG_NAN_LEFT, 1 for SWG_NAN_RIGHT, 2 for the others: the order in which the kernel wants the splits. */
static int kind_of(int32_t rule) { return (int)swg_min(rule, 2); }

static void plan_tree(const struct plan *plan, int64_t tree, const struct numbers *numbers)
{
    const struct swg_forest *forest = plan->forest;
    int64_t base = forest->indptr[tree], n = splits_of(forest, tree), count[3] = {0};
    for (int64_t s = 0; s < n; s++)
        count[kind_of(forest->rule[base + s])]++;
    int64_t next[3] = {base, base + count[0], base + count[0] + count[1]};
    for (int64_t s = 0; s < n; s++) {
        int64_t at = next[kind_of(forest->rule[base + s])]++;
        plan->split[at] = (int32_t)s;
        plan->feature[at] = forest->feature[base + s];
        plan->threshold[at] = forest->threshold[base + s];
        plan->keep[at] = leaves_kept(numbers->first[s], numbers->middle[s]);
    }
    plan->n_nan_left[tree] = count[0];
    plan->n_plain[tree] = count[0] + count[1];
    for (int64_t place = 0; place <= n; place++)
        plan->value[base + tree + place] = forest->value[base + tree + numbers->order[place]];
}

/* Checks the forest on the way. */
static enum swg_status make_plan(struct plan *plan)
{
    int64_t bad;
    enum swg_status status = check_sizes(plan->forest);
    int64_t most = status == SWG_OK ? most_splits(plan->forest, &bad) : 0;
    struct numbers numbers = {0};
    if (most < 0)
        status = SWG_ERR_SIZE;
    if (status == SWG_OK)
        status = allocate_plan(plan);
    if (status == SWG_OK)
        status = allocate_numbers(&numbers, most);
    for (int64_t t = 0; t < plan->forest->n_trees && status == SWG_OK; t++) {
        status = check_tree(plan->forest, t, &numbers);
        if (status == SWG_OK && splits_of(plan->forest, t) < SWG_MASK_LEAVES)
            plan_tree(plan, t, &numbers);
    }
    free(numbers.stack);
    return status;
}

static bool in_set(const struct swg_forest *forest, int32_t set, float x)
{
    if (!(x > -1.0f && x < 2147483648.0f))
        return false;
    int64_t category = (int64_t)x, word = forest->set_indptr[set] + category / 32;
    return word < forest->set_indptr[set + 1] && ((uint32_t)forest->words[word] >> (category % 32) & 1u);
}

static bool goes_left(const struct swg_forest *forest, int64_t split, float x)
{
    enum swg_split_rule rule = (enum swg_split_rule)forest->rule[split];
    if (rule == SWG_IN_SET)
        return in_set(forest, forest->set[split], x);
    if (isnan(x) || (rule >= SWG_ZERO_LEFT && x == 0.0f))
        return rule == SWG_NAN_LEFT || rule == SWG_ZERO_LEFT;
    return x <= forest->threshold[split];
}

/* A row of columns[:, SWG_TREE_ROWS] in one tree. */
static double walk(const struct swg_forest *forest, int64_t tree, const float *columns)
{
    int64_t base = forest->indptr[tree];
    int32_t at = splits_of(forest, tree) ? 0 : -1;
    while (at >= 0)
        at = goes_left(forest, base + at, columns[(int64_t)forest->feature[base + at] * SWG_TREE_ROWS])
                 ? forest->left[base + at]
                 : forest->right[base + at];
    return forest->value[base + tree + (-1 - at)];
}

/* Adds a tree of few leaves to the sums of the first n rows of columns[:, SWG_TREE_ROWS]. */
static void add_masked(const struct plan *plan, int64_t tree, const float *columns, int64_t n, double *sums)
{
    int64_t base = plan->forest->indptr[tree], n_plain = plan->n_plain[tree];
    struct swg_splits plain = {n_plain, plan->n_nan_left[tree], plan->feature + base, plan->threshold + base,
                               plan->keep + base};
    int32_t leaves[SWG_TREE_ROWS];
    swg_kernels()->ask_splits(leaves, columns, &plain);
    for (int64_t s = base + n_plain; s < base + splits_of(plan->forest, tree); s++) {
        const float *column = columns + (int64_t)plan->feature[s] * SWG_TREE_ROWS;
        for (int64_t row = 0; row < n; row++)
            if (!goes_left(plan->forest, base + plan->split[s], column[row]))
                leaves[row] &= plan->keep[s];
    }
    const double *value = plan->value + base + tree;
    for (int64_t row = 0; row < n; row++)
        sums[row] += value[__builtin_ctz((uint32_t)leaves[row])];
}

/* The first n rows as columns[n_features, SWG_TREE_ROWS], numbers too small to tell from 0 as 0, as LightGBM has them. */
static void fill_columns(float *columns, const float *rows, int64_t n_features, int64_t n)
{
    for (int64_t f = 0; f < n_features; f++)
        for (int64_t row = 0; row < SWG_TREE_ROWS; row++) {
            float x = row < n ? rows[row * n_features + f] : 0.0f;
            columns[f * SWG_TREE_ROWS + row] = fabsf(x) <= zero_threshold ? 0.0f : x;
        }
}

static void score_block(const struct plan *plan, const float *rows, int64_t n, float *columns, double *scores)
{
    const struct swg_forest *forest = plan->forest;
    fill_columns(columns, rows, forest->n_features, n);
    memset(scores, 0, sizeof(double) * (size_t)n);
    for (int64_t t = 0; t < forest->n_trees; t++) {
        if (splits_of(forest, t) < SWG_MASK_LEAVES)
            add_masked(plan, t, columns, n, scores);
        else
            for (int64_t row = 0; row < n; row++)
                scores[row] += walk(forest, t, columns + row);
    }
}

struct job {
    const struct plan *plan;
    const float *features;
    int64_t n_rows;
    int64_t *control;
    double *scores;
};

static enum swg_status score_part(void *context, int part, int n_parts)
{
    const struct job *job = context;
    int64_t width = job->plan->forest->n_features;
    int64_t n_blocks = (job->n_rows + SWG_TREE_ROWS - 1) / SWG_TREE_ROWS;
    float *columns = swg_allocate(width * SWG_TREE_ROWS, sizeof(float));
    enum swg_status status = columns ? SWG_OK : SWG_ERR_MEMORY;
    int64_t last = swg_split(n_blocks, part + 1, n_parts);
    for (int64_t block = swg_split(n_blocks, part, n_parts); block < last && status == SWG_OK; block++) {
        int64_t start = block * SWG_TREE_ROWS, n = swg_min(SWG_TREE_ROWS, job->n_rows - start);
        score_block(job->plan, job->features + start * width, n, columns, job->scores + start);
        if (swg_control_step(job->control, n))
            status = SWG_ERR_CANCELLED;
    }
    free(columns);
    return status;
}

enum swg_status swg_forest_score(const struct swg_forest *forest, const float *features, int64_t n_rows, int n_threads,
                                 int64_t *control, double *scores)
{
    int64_t work;
    struct plan plan = {.forest = forest};
    enum swg_status status = make_plan(&plan);
    if (status == SWG_OK &&
        (n_rows < 0 || forest->n_features < 0 ||
         swg_multiply(n_rows, forest->n_features + forest->n_splits + forest->n_trees, &work) != SWG_OK))
        status = SWG_ERR_SIZE;
    if (status == SWG_OK) {
        struct job job = {&plan, features, n_rows, control, scores};
        status = swg_parallel(swg_threads_for(work, 1 << 20, n_threads), score_part, &job);
    }
    free_plan(&plan);
    return status;
}
