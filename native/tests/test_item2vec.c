#include "harness.h"
#include "learners.h"
#include "swg/item2vec.h"

static float y[ITEMS * MAX_D], z[ITEMS * MAX_D], y2[ITEMS * MAX_D], z2[ITEMS * MAX_D];

/* Mean score of items that follow each other in a history less that of items of other communities. */
static double apart(const struct swg_csr *log, int64_t d)
{
    double near = 0.0, far = 0.0;
    int64_t n = 0;
    for (int64_t u = 0; u < log->n_rows; u++)
        for (int64_t e = log->indptr[u]; e + 1 < log->indptr[u + 1]; e++, n++) {
            const float *left = y + log->indices[e] * d, *right = z + log->indices[e + 1] * d;
            const float *other = z + (log->indices[e + 1] + 1) % ITEMS * d;
            for (int64_t t = 0; t < d; t++) {
                near += (double)left[t] * (double)right[t];
                far += (double)left[t] * (double)other[t];
            }
        }
    return (near - far) / (double)n;
}

static void test_fit(const struct swg_csr *log, int64_t d, int n_blocks, bool shuffle)
{
    struct swg_item2vec_options options = {.n_factors = d, .learning_rate = 0.1, .negative_power = 0.75, .window = 3,
                                           .n_negatives = 5, .shuffle = shuffle, .n_epochs = 3, .seed = 3,
                                           .n_blocks = n_blocks, .n_threads = 1};
    CHECK(swg_item2vec_fit(log, &options, y, z) == SWG_OK);
    CHECK(apart(log, d) > (d > 1 ? 0.3 : -1.0));
    for (options.n_threads = 2; options.n_threads < 8; options.n_threads += 5) {
        CHECK(swg_item2vec_fit(log, &options, y2, z2) == SWG_OK);
        CHECK(memcmp(y, y2, sizeof(float) * (size_t)(ITEMS * d)) == 0);
        CHECK(memcmp(z, z2, sizeof(float) * (size_t)(ITEMS * d)) == 0);
    }
}

/* More places than a chunk holds, and outputs of exactly their size before a forbidden page. */
static void test_chunks(void)
{
    enum { N = (1 << 17) + 1000, D = 2 };
    static int32_t indices[N];
    const int64_t indptr[] = {0, 5, N};
    for (int64_t i = 0; i < N; i++)
        indices[i] = (int32_t)(i * 7 % ITEMS);
    struct swg_csr histories = {2, ITEMS, N, indptr, indices, NULL};
    int64_t control[2] = {0, 0};
    struct swg_item2vec_options options = {.n_factors = D, .learning_rate = 0.01, .window = 1, .n_negatives = 3,
                                           .n_epochs = 1, .n_threads = 2, .control = control};
    float *items = guarded(ITEMS * D), *contexts = guarded(ITEMS * D);
    CHECK(swg_item2vec_fit(&histories, &options, items, contexts) == SWG_OK);
    CHECK(control[0] == N);
    unguard(items, ITEMS * D);
    unguard(contexts, ITEMS * D);
}

static void test_errors(struct learner_log *log)
{
    int64_t control[2] = {0, 1};
    const struct swg_item2vec_options good = {.n_factors = 4, .learning_rate = 0.05, .window = 2, .n_negatives = 2,
                                              .n_epochs = 2, .n_threads = 2};
    struct swg_item2vec_options options = good;
    options.control = control;
    CHECK(swg_item2vec_fit(&log->rows, &options, y, z) == SWG_ERR_CANCELLED);
    struct swg_item2vec_options bad[10];
    for (int i = 0; i < 10; i++)
        bad[i] = good;
    bad[0].n_factors = 0;
    bad[1].learning_rate = INFINITY;
    bad[2].negative_power = -0.1;
    bad[3].window = 0;
    bad[4].window = SWG_ITEM2VEC_MAX_WINDOW + 1;
    bad[5].n_negatives = 0;
    bad[6].n_negatives = SWG_ITEM2VEC_MAX_NEGATIVES + 1;
    bad[7].n_epochs = -1;
    bad[8].n_blocks = -1;
    bad[9].n_threads = 0;
    for (int i = 0; i < 10; i++)
        CHECK(swg_item2vec_fit(&log->rows, &bad[i], y, z) == SWG_ERR_ARGUMENT);
    log->indices[7] = -1;
    CHECK(swg_item2vec_fit(&log->rows, &good, y, z) == SWG_ERR_INDEX);
    log->indptr[USERS] = 1;
    CHECK(swg_item2vec_fit(&log->rows, &good, y, z) == SWG_ERR_INDPTR);
}

int main(void)
{
    static struct learner_log log;
    const int64_t sizes[] = {1, 64};
    make_log(&log);
    for (int i = 0; i < 2; i++)
        test_fit(&log.rows, sizes[i], 0, i % 2);
    test_fit(&log.rows, 8, 1, false);
    test_fit(&log.rows, 8, SWG_MAX_BLOCKS, true); /* more blocks than groups of items: most cells are empty */
    test_chunks();
    test_errors(&log);
    REPORT();
}
