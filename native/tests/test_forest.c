/* Forests of every kind of split against a plain walk, on arrays that end at guard pages; broken forests are refused. */
#include "harness.h"
#include "swg/dense.h"
#include "swg/forest.h"
#include "swg/types.h"

enum { TREES = 40, FEATURES = 7, SETS = 5, ROWS = 40 * SWG_TREE_ROWS + 5, LARGEST = 100 };

static const float zero = 1e-35f;

struct problem {
    struct swg_forest in;
    int64_t indptr[TREES + 1], set_indptr[SETS + 1];
    int32_t *feature, *rule, *left, *right, *set, *words;
    float *threshold, *features;
    double *value, *scores;
};

static int32_t *guarded_whole(int64_t n) { return (int32_t *)(void *)guarded(n); }
static double *guarded_doubles(int64_t n) { return (double *)(void *)guarded(2 * n); }
static uint64_t draw(uint64_t stream, int64_t i, uint64_t below) { return swg_random_bits(5, stream, (uint64_t)i) % below; }

/* Sizes about the limit of masked trees, without a split, and far beyond. */
static int64_t size_of(int64_t tree)
{
    static const int64_t sizes[] = {0, 1, 15, SWG_MASK_LEAVES - 2, SWG_MASK_LEAVES - 1, SWG_MASK_LEAVES, LARGEST, 3};
    return sizes[tree % 8];
}

/* Grows a tree leaf by leaf: a random leaf becomes a split, its left side keeps the leaf's number. */
static void grow(struct problem *p, int64_t tree)
{
    int64_t base = p->indptr[tree];
    int32_t *places[LARGEST + 1], root = -1;
    places[0] = &root;
    for (int64_t s = 0; s < size_of(tree); s++) {
        int64_t leaf = (int64_t)draw(1, base + s, (uint64_t)s + 1);
        *places[leaf] = (int32_t)s;
        p->left[base + s] = (int32_t)(-1 - leaf);
        p->right[base + s] = (int32_t)(-2 - s);
        places[leaf] = &p->left[base + s];
        places[s + 1] = &p->right[base + s];
    }
}

static void make(struct problem *p)
{
    for (int64_t t = 0; t < TREES; t++)
        p->indptr[t + 1] = p->indptr[t] + size_of(t);
    for (int64_t s = 0; s < SETS; s++)
        p->set_indptr[s + 1] = p->set_indptr[s] + s % 3;
    int64_t n = p->indptr[TREES], n_words = p->set_indptr[SETS];
    p->feature = guarded_whole(n);
    p->rule = guarded_whole(n);
    p->left = guarded_whole(n);
    p->right = guarded_whole(n);
    p->set = guarded_whole(n);
    p->words = guarded_whole(n_words);
    p->threshold = guarded(n);
    p->value = guarded_doubles(n + TREES);
    p->features = guarded(ROWS * FEATURES);
    p->scores = guarded_doubles(ROWS);
    for (int64_t w = 0; w < n_words; w++)
        p->words[w] = (int32_t)draw(2, w, 1u << 31);
    for (int64_t s = 0; s < n; s++) {
        p->feature[s] = (int32_t)draw(3, s, FEATURES);
        p->rule[s] = (int32_t)draw(4, s, SWG_RULE_COUNT);
        p->set[s] = p->rule[s] == SWG_IN_SET ? (int32_t)draw(5, s, SETS) : -7;
        p->threshold[s] = (float)draw(6, s, 9) - 4.0f;
    }
    for (int64_t i = 0; i < n + TREES; i++)
        p->value[i] = swg_random_uniform(7, 7, (uint64_t)i) - 0.5;
    for (int64_t t = 0; t < TREES; t++)
        grow(p, t);
    const float odd[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-36f, zero, 40.0f, -0.5f, 3e9f};
    for (int64_t i = 0; i < ROWS * FEATURES; i++)
        p->features[i] = draw(8, i, 4) ? (float)draw(9, i, 81) / 8.0f - 4.0f : odd[draw(10, i, 10)];
    p->in = (struct swg_forest){TREES, n, FEATURES, p->indptr, p->feature, p->threshold, p->rule, p->left,
                                p->right, p->value, p->set, SETS, n_words, p->set_indptr, p->words};
}

static int goes_left(const struct problem *p, int64_t split, float x)
{
    x = fabsf(x) <= zero ? 0.0f : x;
    int32_t rule = p->rule[split];
    if (rule == SWG_IN_SET) {
        int64_t from = p->set_indptr[p->set[split]], to = p->set_indptr[p->set[split] + 1];
        return x > -1.0f && x < 64.0f && from + (int64_t)x / 32 < to &&
               ((uint32_t)p->words[from + (int64_t)x / 32] >> ((int64_t)x % 32) & 1u);
    }
    if (isnan(x) || (x == 0.0f && (rule == SWG_ZERO_LEFT || rule == SWG_ZERO_RIGHT)))
        return rule == SWG_NAN_LEFT || rule == SWG_ZERO_LEFT;
    return x <= p->threshold[split];
}

static double naive(const struct problem *p, const float *row)
{
    double sum = 0.0;
    for (int64_t t = 0; t < TREES; t++) {
        int64_t base = p->indptr[t];
        int32_t at = size_of(t) ? 0 : -1;
        while (at >= 0)
            at = goes_left(p, base + at, row[p->feature[base + at]]) ? p->left[base + at] : p->right[base + at];
        sum += p->value[base + t - 1 - at];
    }
    return sum;
}

static void test_scores(const struct problem *p)
{
    const int64_t rows[] = {0, 1, SWG_TREE_ROWS - 1, SWG_TREE_ROWS, SWG_TREE_ROWS + 1, ROWS};
    for (int n_threads = 1; n_threads <= 3; n_threads += 2)
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
            int64_t n = rows[i];
            double *scores = guarded_doubles(n);
            CHECK(swg_forest_score(&p->in, p->features, n, n_threads, NULL, scores) == SWG_OK);
            for (int64_t row = 0; row < n; row++)
                CHECK(scores[row] == naive(p, p->features + row * FEATURES));
            unguard((float *)(void *)scores, 2 * n);
        }
}

static void test_ask_splits(const struct swg_kernels *kernels)
{
    enum { SPLITS = 9, N_LEFT = 4 };
    int32_t feature[SPLITS], keep[SPLITS];
    float threshold[SPLITS], *columns = guarded_fill(2 * SWG_TREE_ROWS, 1);
    int32_t *leaves = guarded_whole(SWG_TREE_ROWS);
    for (int s = 0; s < SPLITS; s++) {
        feature[s] = s % 2;
        keep[s] = (int32_t)swg_random_bits(1, 2, (uint64_t)s);
        threshold[s] = (float)s / 5.0f - 0.9f;
    }
    columns[3] = columns[SWG_TREE_ROWS + 3] = NAN;
    columns[5] = threshold[2];
    struct swg_splits splits = {SPLITS, N_LEFT, feature, threshold, keep};
    kernels->ask_splits(leaves, columns, &splits);
    for (int row = 0; row < SWG_TREE_ROWS; row++) {
        int32_t mask = -1;
        for (int s = 0; s < SPLITS; s++) {
            float x = columns[feature[s] * SWG_TREE_ROWS + row];
            if (isnan(x) ? s >= N_LEFT : x > threshold[s])
                mask &= keep[s];
        }
        CHECK(leaves[row] == mask);
    }
    unguard(columns, 2 * SWG_TREE_ROWS);
    unguard((float *)(void *)leaves, SWG_TREE_ROWS);
}

/* One value of an array is changed for one call. */
static void refuse(const struct problem *p, int32_t *value, int32_t bad, enum swg_status expected, int64_t tree)
{
    int32_t before = *value;
    int64_t found;
    *value = bad;
    CHECK(swg_forest_check(&p->in, &found) == expected && found == tree);
    CHECK(swg_forest_score(&p->in, p->features, 1, 1, NULL, p->scores) == expected);
    *value = before;
}

static void test_errors(struct problem *p)
{
    int64_t tree = 6, first = p->indptr[tree], found;
    refuse(p, &p->feature[first], -1, SWG_ERR_INDEX, tree);
    refuse(p, &p->feature[first], FEATURES, SWG_ERR_INDEX, tree);
    refuse(p, &p->rule[first], SWG_RULE_COUNT, SWG_ERR_INDEX, tree);
    refuse(p, &p->rule[first], -1, SWG_ERR_INDEX, tree);
    p->rule[first] = SWG_IN_SET;
    p->set[first] = 0;
    refuse(p, &p->set[first], SETS, SWG_ERR_INDEX, tree);
    refuse(p, &p->set[first], -1, SWG_ERR_INDEX, tree);
    const int32_t children[] = {0, 1, LARGEST, INT32_MAX, INT32_MIN, -2 - LARGEST, p->right[first]};
    for (size_t i = 0; i < sizeof(children) / sizeof(*children); i++)
        if (children[i] != p->left[first])
            refuse(p, &p->left[first], children[i], SWG_ERR_ARGUMENT, tree);
    refuse(p, &p->left[p->indptr[1]], 0, SWG_ERR_ARGUMENT, 1); /* the root below itself */
    float threshold = p->threshold[first];
    p->threshold[first] = NAN;
    CHECK(swg_forest_check(&p->in, &found) == SWG_ERR_VALUE && found == tree);
    p->threshold[first] = threshold;
    double value = p->value[first + tree];
    p->value[first + tree] = INFINITY;
    CHECK(swg_forest_check(&p->in, &found) == SWG_ERR_VALUE && found == tree);
    p->value[first + tree] = value;
    int64_t n = p->indptr[TREES];
    p->indptr[TREES]++;
    CHECK(swg_forest_check(&p->in, &found) == SWG_ERR_INDPTR && found == -1);
    p->indptr[TREES] = n;
    p->set_indptr[0] = 1;
    CHECK(swg_forest_check(&p->in, &found) == SWG_ERR_INDPTR && found == -1);
    p->set_indptr[0] = 0;
    CHECK(swg_forest_score(&p->in, p->features, -1, 1, NULL, p->scores) == SWG_ERR_SIZE);
    CHECK(swg_forest_score(&p->in, p->features, INT64_MAX / 2, 1, NULL, p->scores) == SWG_ERR_SIZE);
    CHECK(swg_forest_check(&p->in, &found) == SWG_OK);
}

static void test_too_many_splits(void)
{
    const int64_t indptr[] = {0, 1, SWG_MAX_SPLITS + 2}, set_indptr[] = {0};
    struct swg_forest in = {.n_trees = 2, .n_splits = SWG_MAX_SPLITS + 2, .indptr = indptr, .set_indptr = set_indptr};
    int64_t tree;
    CHECK(swg_forest_check(&in, &tree) == SWG_ERR_SIZE && tree == 1);
}

static void test_control(const struct problem *p)
{
    int64_t control[2] = {0, 0};
    CHECK(swg_forest_score(&p->in, p->features, ROWS, 1, control, p->scores) == SWG_OK && control[0] == ROWS);
    control[0] = 0;
    control[1] = 1;
    CHECK(swg_forest_score(&p->in, p->features, ROWS, 1, control, p->scores) == SWG_ERR_CANCELLED);
    CHECK(control[0] == SWG_TREE_ROWS);
}

/* No tree: every row scores 0. */
static void test_nothing(void)
{
    const int64_t indptr[] = {0};
    struct swg_forest in = {.indptr = indptr, .set_indptr = indptr, .n_features = 1};
    const float features[] = {1.0f, NAN};
    double scores[] = {7.0, 7.0};
    CHECK(swg_forest_score(&in, features, 2, 1, NULL, scores) == SWG_OK && scores[0] == 0.0 && scores[1] == 0.0);
}

int main(void)
{
    static struct problem p;
    make(&p);
    test_scores(&p);
    for (int isa = 0; isa < SWG_ISA_COUNT; isa++)
        if (swg_kernels_of((enum swg_isa)isa))
            test_ask_splits(swg_kernels_of((enum swg_isa)isa));
    test_errors(&p);
    test_too_many_splits();
    test_control(&p);
    test_nothing();
    REPORT();
}
