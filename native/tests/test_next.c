#include "harness.h"
#include "learners.h"
#include "swg/next.h"

enum { LAGS = 6 };

static float vectors[ITEMS * MAX_D], nexts[ITEMS * MAX_D], bias[ITEMS], lags[LAGS];
static float vectors2[ITEMS * MAX_D], nexts2[ITEMS * MAX_D], bias2[ITEMS], lags2[LAGS];

/* Share of (next, other) pairs in the right order, after histories of one item: items of a user's are 5 apart in the
 * circle of their community. */
static double right_order(int64_t d)
{
    int64_t right = 0, all = 0;
    for (int64_t last = 0; last < ITEMS; last += 7) {
        int64_t next = (last / 3 + 5) % (ITEMS / 3) * 3 + last % 3;
        for (int64_t other = 0; other < ITEMS; other++) {
            if (other == next)
                continue;
            double difference = (double)bias[next] - (double)bias[other];
            for (int64_t t = 0; t < d; t++)
                difference += (double)vectors[last * d + t] * (double)(nexts[next * d + t] - nexts[other * d + t]);
            right += difference > 0.0;
            all++;
        }
    }
    return (double)right / (double)all;
}

static void test_fit(const struct swg_csr *log, int64_t d, int64_t n_lags)
{
    struct swg_next_options options = {.n_factors = d, .n_lags = n_lags, .learning_rate = 0.1, .n_negatives = 100,
                                       .batch = 300, .n_epochs = 3, .seed = 3, .n_threads = 1};
    CHECK(swg_next_fit(log, &options, vectors, nexts, bias, lags) == SWG_OK);
    CHECK(d < 16 || right_order(d) > 0.9);
    for (options.n_threads = 2; options.n_threads < 8; options.n_threads += 5) {
        CHECK(swg_next_fit(log, &options, vectors2, nexts2, bias2, lags2) == SWG_OK);
        CHECK(memcmp(vectors, vectors2, sizeof(float) * (size_t)(ITEMS * d)) == 0);
        CHECK(memcmp(nexts, nexts2, sizeof(float) * (size_t)(ITEMS * d)) == 0);
        CHECK(memcmp(bias, bias2, sizeof(bias)) == 0);
        CHECK(memcmp(lags, lags2, sizeof(float) * (size_t)n_lags) == 0);
    }
}

/* Outputs of exactly their size before a forbidden page. */
static void test_bounds(const struct swg_csr *log)
{
    float *items = guarded(ITEMS * 5), *next_items = guarded(ITEMS * 5), *item_bias = guarded(ITEMS), *weights = guarded(3);
    struct swg_next_options options = {.n_factors = 5, .n_lags = 3, .learning_rate = 0.1, .n_negatives = 7,
                                       .batch = 1000, .n_epochs = 1, .n_threads = 2};
    CHECK(swg_next_fit(log, &options, items, next_items, item_bias, weights) == SWG_OK);
    unguard(items, ITEMS * 5);
    unguard(next_items, ITEMS * 5);
    unguard(item_bias, ITEMS);
    unguard(weights, 3);
}

static void test_errors(struct learner_log *log)
{
    int64_t control[2] = {0, 0};
    const struct swg_next_options good = {.n_factors = 4, .n_lags = 2, .learning_rate = 0.1, .n_negatives = 8,
                                          .batch = 100, .n_epochs = 2, .n_threads = 2, .control = control};
    struct swg_next_options options = good;
    int64_t n_places = log->rows.n_stored - (USERS - 1);
    CHECK(swg_next_fit(&log->rows, &options, vectors, nexts, bias, lags) == SWG_OK);
    CHECK(control[0] == 2 * n_places);
    control[1] = 1;
    CHECK(swg_next_fit(&log->rows, &options, vectors, nexts, bias, lags) == SWG_ERR_CANCELLED);
    control[1] = 0;
    for (int change = 0; change < 10; change++) {
        options = good;
        switch (change) {
        case 0: options.n_factors = 0; break;
        case 1: options.n_factors = SWG_NEXT_MAX_FACTORS + 1; break;
        case 2: options.n_lags = 0; break;
        case 3: options.n_lags = SWG_NEXT_MAX_LAGS + 1; break;
        case 4: options.learning_rate = 0.0; break;
        case 5: options.learning_rate = NAN; break;
        case 6: options.n_negatives = -1; break;
        case 7: options.batch = 0; break;
        case 8: options.n_epochs = -1; break;
        case 9: options.n_threads = 0; break;
        }
        CHECK(swg_next_fit(&log->rows, &options, vectors, nexts, bias, lags) == SWG_ERR_ARGUMENT);
    }
    options = good;
    options.learning_rate = 1e30;
    CHECK(swg_next_fit(&log->rows, &options, vectors, nexts, bias, lags) == SWG_ERR_VALUE);
    log->indices[7] = ITEMS;
    CHECK(swg_next_fit(&log->rows, &good, vectors, nexts, bias, lags) == SWG_ERR_INDEX);
    log->indptr[3] = -1;
    CHECK(swg_next_fit(&log->rows, &good, vectors, nexts, bias, lags) == SWG_ERR_INDPTR);
}

int main(void)
{
    static struct learner_log log;
    make_log(&log);
    test_fit(&log.rows, 1, 1);
    test_fit(&log.rows, 16, LAGS);
    test_fit(&log.rows, MAX_D, 2);
    test_bounds(&log.rows);
    test_errors(&log);
    REPORT();
}
