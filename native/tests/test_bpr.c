#include "harness.h"
#include "learners.h"
#include "swg/bpr.h"

static float x[USERS * MAX_D], y[ITEMS * MAX_D], bias[ITEMS], x2[USERS * MAX_D], y2[ITEMS * MAX_D], bias2[ITEMS];

/* Share of (taken, not taken) pairs in the right order, over some users. */
static double right_order(const struct swg_csr *log, int64_t d)
{
    int64_t right = 0, all = 0;
    for (int64_t u = 0; u < log->n_rows; u += 11)
        for (int64_t e = log->indptr[u]; e < log->indptr[u + 1]; e++)
            for (int64_t j = 0; j < log->n_columns; j++) {
                if (holds(log, u, j))
                    continue;
                int64_t i = log->indices[e];
                double difference = (double)bias[i] - (double)bias[j];
                for (int64_t t = 0; t < d; t++)
                    difference += (double)x[u * d + t] * (double)(y[i * d + t] - y[j * d + t]);
                right += difference > 0.0;
                all++;
            }
    return (double)right / (double)all;
}

static void test_fit(const struct swg_csr *log, int64_t d, int n_blocks)
{
    struct swg_bpr_options options = {.n_factors = d, .learning_rate = 0.05, .regularization = 0.01,
                                      .negative_power = 0.5, .n_epochs = 10, .seed = 3, .n_blocks = n_blocks,
                                      .n_threads = 1};
    CHECK(swg_bpr_fit(log, &options, x, y, bias) == SWG_OK);
    CHECK(right_order(log, d) > (d > 1 ? 0.85 : 0.7));
    for (options.n_threads = 2; options.n_threads < 8; options.n_threads += 5) {
        CHECK(swg_bpr_fit(log, &options, x2, y2, bias2) == SWG_OK);
        CHECK(memcmp(x, x2, sizeof(float) * (size_t)(USERS * d)) == 0);
        CHECK(memcmp(y, y2, sizeof(float) * (size_t)(ITEMS * d)) == 0);
        CHECK(memcmp(bias, bias2, sizeof(bias)) == 0);
    }
}

/* Outputs of exactly their size before a forbidden page. */
static void test_bounds(const struct swg_csr *log)
{
    float *users = guarded(USERS * 5), *items = guarded(ITEMS * 5), *item_bias = guarded(ITEMS);
    struct swg_bpr_options options = {.n_factors = 5, .learning_rate = 0.05, .n_epochs = 2, .n_threads = 2};
    CHECK(swg_bpr_fit(log, &options, users, items, item_bias) == SWG_OK);
    unguard(users, USERS * 5);
    unguard(items, ITEMS * 5);
    unguard(item_bias, ITEMS);
}

static void test_errors(struct learner_log *log)
{
    int64_t control[2] = {0, 0};
    const struct swg_bpr_options good = {.n_factors = 4, .learning_rate = 0.05, .regularization = 0.1, .n_epochs = 2,
                                         .n_threads = 2, .control = control};
    struct swg_bpr_options options = good;
    CHECK(swg_bpr_fit(&log->rows, &options, x, y, bias) == SWG_OK);
    CHECK(control[0] == 2 * log->rows.n_stored);
    control[1] = 1;
    CHECK(swg_bpr_fit(&log->rows, &options, x, y, bias) == SWG_ERR_CANCELLED);
    control[1] = 0;
    const struct swg_bpr_options bad[] = {
        {.n_factors = 0, .learning_rate = 0.1, .n_threads = 1},
        {.n_factors = SWG_BPR_MAX_FACTORS + 1, .learning_rate = 0.1, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.0, .n_threads = 1},
        {.n_factors = 4, .learning_rate = NAN, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.1, .regularization = 10.0, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.1, .regularization = -1.0, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.1, .negative_power = 2.0, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.1, .n_epochs = -1, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.1, .n_blocks = SWG_MAX_BLOCKS + 1, .n_threads = 1},
        {.n_factors = 4, .learning_rate = 0.1},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(swg_bpr_fit(&log->rows, &bad[i], x, y, bias) == SWG_ERR_ARGUMENT);
    options.learning_rate = 1e30;
    options.regularization = 0.0;
    options.n_epochs = 50;
    CHECK(swg_bpr_fit(&log->rows, &options, x, y, bias) == SWG_ERR_VALUE);
    options = good;
    log->indices[7] = ITEMS;
    CHECK(swg_bpr_fit(&log->rows, &options, x, y, bias) == SWG_ERR_INDEX);
    log->indptr[3] = -1;
    CHECK(swg_bpr_fit(&log->rows, &options, x, y, bias) == SWG_ERR_INDPTR);
}

int main(void)
{
    static struct learner_log log;
    const int64_t sizes[] = {1, 16, 17, 64, MAX_D};
    make_log(&log);
    for (int i = 0; i < 5; i++)
        test_fit(&log.rows, sizes[i], 0);
    test_fit(&log.rows, 8, 1);
    test_fit(&log.rows, 8, SWG_MAX_BLOCKS); /* more blocks than groups of items: most cells are empty */
    test_bounds(&log.rows);
    test_errors(&log);
    REPORT();
}
