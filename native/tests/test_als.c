#include "harness.h"
#include "swg/als.h"
#include "swg/dense.h"

enum { USERS = 150, ITEMS = 110, STORED = 5000, MAX_D = 70 };

struct log {
    int64_t indptr[USERS + 1], t_indptr[ITEMS + 1];
    int32_t indices[STORED], t_indices[STORED];
    float data[STORED], t_data[STORED];
    struct swg_csr users, items;
};

/* Users of 0, 0, 1, 2 .. 99 entries, 50 entries; the rest have none. */
static void make_log(struct log *log, float scale)
{
    for (int u = 0; u <= USERS; u++) {
        int64_t at = (int64_t)u * (u - 1) / 2;
        log->indptr[u] = u == USERS || at > STORED ? STORED : at;
    }
    for (int i = 0; i < STORED; i++) {
        log->indices[i] = (int32_t)(i * 7 % ITEMS); /* distinct within a row, none of which has 110 entries */
        log->data[i] = scale * swg_random_uniform(5, 1, (uint64_t)i);
    }
    log->users = (struct swg_csr){USERS, ITEMS, STORED, log->indptr, log->indices, log->data};
    log->items = (struct swg_csr){ITEMS, USERS, STORED, log->t_indptr, log->t_indices, log->t_data};
    CHECK(swg_csr_transpose(&log->users, log->t_indptr, log->t_indices, log->t_data) == SWG_OK);
}

static double naive_loss(const struct log *log, const float *x, const float *y, int d, double regularization)
{
    double sum = 0.0;
    for (int u = 0; u < USERS; u++)
        for (int i = 0; i < ITEMS; i++) {
            double score = 0.0, squares = 0.0;
            for (int j = 0; j < d; j++) {
                score += (double)x[u * d + j] * y[i * d + j];
                squares += i == 0 ? (double)x[u * d + j] * x[u * d + j] : 0.0;
                squares += u == 0 ? (double)y[i * d + j] * y[i * d + j] : 0.0;
            }
            sum += score * score + regularization * squares;
            for (int64_t e = log->indptr[u]; e < log->indptr[u + 1]; e++)
                if (log->indices[e] == i)
                    sum += (1.0 + log->data[e]) * (1.0 - score) * (1.0 - score) - score * score;
        }
    return sum;
}

/* The solution makes the gradient of the loss vanish: residual of the textbook equations, relative to the right. */
static double fold_in_residual(const struct log *log, const float *x, const float *y, int d, double regularization)
{
    double worst = 0.0;
    for (int u = 0; u < USERS; u++) {
        double right[MAX_D] = {0}, left[MAX_D] = {0}, scale = 0.0;
        for (int j = 0; j < d; j++)
            left[j] = regularization * x[u * d + j];
        for (int i = 0; i < ITEMS; i++) {
            double score = 0.0, times = 1.0, target = 0.0;
            for (int j = 0; j < d; j++)
                score += (double)x[u * d + j] * y[i * d + j];
            for (int64_t e = log->indptr[u]; e < log->indptr[u + 1]; e++)
                if (log->indices[e] == i) {
                    times += log->data[e];
                    target += 1.0 + log->data[e];
                }
            for (int j = 0; j < d; j++) {
                left[j] += times * score * y[i * d + j];
                right[j] += target * y[i * d + j];
            }
        }
        for (int j = 0; j < d; j++)
            scale = fmax(scale, fabs(right[j]));
        for (int j = 0; j < d && scale > 0.0; j++)
            worst = fmax(worst, fabs(left[j] - right[j]) / scale);
    }
    return worst;
}

static void test_fit(const struct log *log, int d)
{
    static float x[USERS * MAX_D], y[ITEMS * MAX_D], x2[USERS * MAX_D], y2[ITEMS * MAX_D];
    struct swg_als_options options = {.n_factors = d, .regularization = 0.1, .seed = 3, .n_threads = 1};
    double last = INFINITY, loss;
    for (options.n_epochs = 1; options.n_epochs <= 4; options.n_epochs++) {
        CHECK(swg_als_fit(&log->users, &log->items, &options, x, y) == SWG_OK);
        CHECK(swg_als_loss(&log->users, x, y, d, 0.1, 2, &loss) == SWG_OK);
        CHECK_CLOSE(loss, naive_loss(log, x, y, d, 0.1), 1e-4 * loss);
        CHECK(loss < last * 1.0001);
        last = loss;
    }
    options.n_epochs = 4;
    for (options.n_threads = 2; options.n_threads < 8; options.n_threads += 5) {
        CHECK(swg_als_fit(&log->users, &log->items, &options, x2, y2) == SWG_OK);
        CHECK(memcmp(x, x2, sizeof(float) * (size_t)(USERS * d)) == 0);
        CHECK(memcmp(y, y2, sizeof(float) * (size_t)(ITEMS * d)) == 0);
    }
    CHECK(x[0] == 0.0f); /* a user without entries */
}

static void test_fold_in(const struct log *log, int d, double tolerance)
{
    static float y[ITEMS * MAX_D], x[USERS * MAX_D], one[MAX_D];
    static double gram[MAX_D * MAX_D];
    fill(y, ITEMS * d, 4);
    CHECK(swg_gram(y, d, ITEMS, d, gram, 1) == SWG_OK);
    struct swg_als_options options = {.n_factors = d, .regularization = 0.1, .n_threads = 3};
    CHECK(swg_als_fold_in(&log->users, y, gram, &options, x) == SWG_OK);
    double worst = fold_in_residual(log, x, y, d, 0.1);
    if (!(worst < tolerance))
        fprintf(stderr, "d %d residual %g\n", d, worst);
    CHECK(worst < tolerance);
    int64_t indptr[2] = {0, log->indptr[21] - log->indptr[20]}, first = log->indptr[20];
    struct swg_csr row = {1, ITEMS, indptr[1], indptr, log->indices + first, log->data + first};
    CHECK(swg_als_fold_in(&row, y, gram, &options, one) == SWG_OK);
    for (int j = 0; j < d; j++)
        CHECK_CLOSE(one[j], x[20 * d + j], 1e-4);
}

/* A row of more entries than conjugate gradients take: 2^19 / 16 of them. */
static void test_long_row(void)
{
    enum { N = 40000, D = 3 };
    static int32_t indices[N];
    static float data[N];
    const int64_t indptr[] = {0, N, N + 0};
    float y[2 * D], x[2 * D];
    double gram[D * D];
    for (int i = 0; i < N; i++) {
        indices[i] = i % 2;
        data[i] = 0.5f;
    }
    struct swg_csr rows = {2, 2, N, indptr, indices, data};
    struct swg_als_options options = {.n_factors = D, .regularization = 0.01, .n_threads = 1};
    fill(y, 2 * D, 6);
    CHECK(swg_gram(y, D, 2, D, gram, 1) == SWG_OK);
    CHECK(swg_als_fold_in(&rows, y, gram, &options, x) == SWG_OK);
    for (int i = 0; i < 2; i++) {
        double score = 0.0;
        for (int j = 0; j < D; j++)
            score += (double)x[j] * y[i * D + j];
        CHECK_CLOSE(score, 1.5 * 20000 / (1.0 + 0.5 * 20000), 1e-3);
    }
}

static void test_errors(struct log *log)
{
    static float x[USERS * MAX_D], y[ITEMS * MAX_D];
    int64_t control[2] = {0, 1};
    struct swg_als_options options = {.n_factors = 4, .regularization = 0.1, .n_epochs = 2, .n_threads = 2};
    options.control = control;
    CHECK(swg_als_fit(&log->users, &log->items, &options, x, y) == SWG_ERR_CANCELLED);
    CHECK(control[0] > 0 && control[0] <= USERS);
    options.control = NULL;
    options.n_factors = 0;
    CHECK(swg_als_fit(&log->users, &log->items, &options, x, y) == SWG_ERR_ARGUMENT);
    options.n_factors = 4;
    options.regularization = 0.0;
    double gram[16] = {1.0};
    CHECK(swg_als_fold_in(&log->users, y, gram, &options, x) == SWG_ERR_NOT_SPD);
    gram[3] = NAN;
    CHECK(swg_als_fold_in(&log->users, y, gram, &options, x) == SWG_ERR_VALUE);
    log->data[7] = -1.0f;
    CHECK(swg_als_fit(&log->users, &log->items, &options, x, y) == SWG_ERR_NEGATIVE);
    log->indices[7] = ITEMS;
    CHECK(swg_als_fit(&log->users, &log->items, &options, x, y) == SWG_ERR_INDEX);
}

int main(void)
{
    static struct log log;
    const int sizes[] = {1, 3, 16, 17, 33, 64, MAX_D};
    const float scales[] = {0.0f, 1.0f, 40.0f, 100000.0f};
    for (int s = 0; s < 4; s++) {
        make_log(&log, scales[s]);
        for (int i = 0; i < 7; i++) {
            if (scales[s] < 1000.0f)
                test_fit(&log, sizes[i]);
            test_fold_in(&log, sizes[i], scales[s] < 1000.0f ? 1e-3 : 5e-2);
        }
    }
    test_long_row();
    make_log(&log, 1.0f);
    test_errors(&log);
    REPORT();
}
