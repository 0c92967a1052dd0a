#include "harness.h"
#include "swg/lambdarank.h"
#include "swg/types.h"

enum { QUERIES = 400, LONGEST = 97, TRUNCATION = 20 };

struct problem {
    struct swg_lambdarank_input in;
    int64_t indptr[QUERIES + 1];
    int64_t plan_size;
    double *plan, *scores;
    int32_t *label;
    float *weight, *gradients, *hessians;
};

/* Arrays of whole floats that end at a forbidden page. */
static double *guarded_doubles(int64_t n) { return (double *)(void *)guarded(2 * n); }

static void make(struct problem *p)
{
    for (int q = 0; q < QUERIES; q++) /* empty ones, of one row, of several runs of the sort */
        p->indptr[q + 1] = p->indptr[q] + (int64_t)(swg_random_bits(1, 1, (uint64_t)q) % (LONGEST + 1));
    int64_t n = p->indptr[QUERIES];
    p->label = (int32_t *)(void *)guarded(n);
    p->weight = guarded(n);
    p->scores = guarded_doubles(n);
    p->gradients = guarded(n);
    p->hessians = guarded(n);
    for (int64_t i = 0; i < n; i++) {
        p->label[i] = (int32_t)(swg_random_bits(2, 2, (uint64_t)i) % 4);
        p->weight[i] = 3.0f * swg_random_uniform(3, 3, (uint64_t)i);
        p->scores[i] = floor(40.0 * swg_random_uniform(4, 4, (uint64_t)i)) / 10.0; /* full of ties */
    }
    p->in = (struct swg_lambdarank_input){QUERIES, n, p->indptr, p->label, p->weight, TRUNCATION,
                                          SWG_PAIR_PRODUCT, 1};
    p->plan_size = swg_lambdarank_plan_size(&p->in);
    p->plan = guarded_doubles(p->plan_size);
    CHECK(swg_lambdarank_plan(&p->in, p->plan, p->plan_size) == SWG_OK);
}

static enum swg_status run(const struct problem *p, const struct swg_lambdarank_input *in, int n_threads)
{
    return swg_lambdarank(in, p->plan, p->plan_size, p->scores, n_threads, p->gradients, p->hessians);
}

static void test_gradients_sum_to_zero(const struct problem *p)
{
    for (int factor = SWG_PAIR_PRODUCT; factor <= SWG_PAIR_MEAN; factor++) {
        struct swg_lambdarank_input in = p->in;
        in.factor = (enum swg_pair_factor)factor;
        CHECK(run(p, &in, 1) == SWG_OK);
        for (int q = 0; q < QUERIES; q++) {
            double sum = 0.0, size = 0.0;
            for (int64_t i = p->indptr[q]; i < p->indptr[q + 1]; i++) {
                sum += p->gradients[i];
                size += fabs(p->gradients[i]);
                CHECK(p->hessians[i] >= 0.0f);
            }
            CHECK_CLOSE(sum, 0.0, 1e-6 * size);
        }
    }
}

static void test_threads(const struct problem *p)
{
    int64_t n = p->in.n_rows;
    size_t bytes = sizeof(float) * (size_t)n;
    float *gradients = guarded(n), *hessians = guarded(n);
    CHECK(run(p, &p->in, 1) == SWG_OK);
    memcpy(gradients, p->gradients, bytes);
    memcpy(hessians, p->hessians, bytes);
    for (int n_threads = 2; n_threads <= 7; n_threads += 5) {
        memset(p->gradients, 0, bytes);
        CHECK(run(p, &p->in, n_threads) == SWG_OK);
        CHECK(memcmp(gradients, p->gradients, bytes) == 0 && memcmp(hessians, p->hessians, bytes) == 0);
    }
    unguard(gradients, n);
    unguard(hessians, n);
}

/* One pair: labels 1 and 0 at the same score, so rho is .5 and delta 1 - D(1). */
static void test_known_answer(void)
{
    const int64_t indptr[] = {0, 2};
    const int32_t label[] = {0, 1};
    const double scores[] = {3.0, 3.0};
    const float weight[] = {0.5f, 3.0f};
    const double factors[] = {1.5, 3.0, 1.75};
    static double plan[3 + SWG_LAMBDARANK_CELLS];
    double delta = 1.0 - 1.0 / log2(3.0), norm = log2(1.0 + delta) / delta;
    float gradients[2], hessians[2];
    struct swg_lambdarank_input in = {1, 2, indptr, label, NULL, 10, SWG_PAIR_PRODUCT, 1};
    int64_t size = swg_lambdarank_plan_size(&in);
    CHECK(size == 3 + SWG_LAMBDARANK_CELLS && swg_lambdarank_plan(&in, plan, size) == SWG_OK);
    CHECK(swg_lambdarank(&in, plan, size, scores, 1, gradients, hessians) == SWG_OK);
    CHECK_CLOSE(gradients[1], -0.5 * delta * norm, 1e-7);
    CHECK(gradients[0] == -gradients[1]);
    CHECK_CLOSE(hessians[0], 0.25 * delta * norm, 1e-7);
    in.weight = weight;
    in.norm = 0;
    for (int factor = SWG_PAIR_PRODUCT; factor <= SWG_PAIR_MEAN; factor++) {
        in.factor = (enum swg_pair_factor)factor;
        CHECK(swg_lambdarank(&in, plan, size, scores, 1, gradients, hessians) == SWG_OK);
        CHECK_CLOSE(gradients[0], 0.5 * delta * factors[factor], 1e-7);
    }
    /* Differences beyond the table, and beyond what a double can hold, are read at its ends. */
    const double far[] = {-1.7e308, 1.7e308};
    CHECK(swg_lambdarank(&in, plan, size, far, 1, gradients, hessians) == SWG_OK);
    CHECK(gradients[0] >= 0.0f && gradients[0] < 1e-10f);
}

static void test_errors(struct problem *p)
{
    struct swg_lambdarank_input in = p->in;
    in.truncation = 0;
    CHECK(run(p, &in, 1) == SWG_ERR_ARGUMENT && swg_lambdarank_plan_size(&in) == 0);
    in = p->in;
    in.factor = (enum swg_pair_factor)3;
    CHECK(run(p, &in, 1) == SWG_ERR_ARGUMENT);
    CHECK(run(p, &p->in, 0) == SWG_ERR_ARGUMENT);
    in = p->in;
    in.n_rows--;
    CHECK(run(p, &in, 1) == SWG_ERR_INDPTR);
    CHECK(swg_lambdarank(&p->in, p->plan, p->plan_size - 1, p->scores, 1, p->gradients, p->hessians) == SWG_ERR_SIZE);
    CHECK(swg_lambdarank_plan(&p->in, p->plan, p->plan_size - 1) == SWG_ERR_SIZE);
    int64_t row = p->in.n_rows / 2;
    for (int32_t label = -1; label <= 32; label += 33) {
        int32_t before = p->label[row];
        p->label[row] = label;
        CHECK(run(p, &p->in, 2) == SWG_ERR_INDEX && swg_lambdarank_plan(&p->in, p->plan, p->plan_size) == SWG_ERR_INDEX);
        p->label[row] = before;
    }
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int k = 0; k < 3; k++) {
        double score = p->scores[row];
        float weight = p->weight[row];
        p->scores[row] = bad[k];
        CHECK(run(p, &p->in, 2) == SWG_ERR_VALUE);
        p->scores[row] = score;
        p->weight[row] = (float)bad[k];
        CHECK(run(p, &p->in, 2) == SWG_ERR_VALUE);
        p->weight[row] = -1.0f;
        CHECK(run(p, &p->in, 2) == SWG_ERR_NEGATIVE);
        p->weight[row] = weight;
    }
    int64_t none[] = {0};
    struct swg_lambdarank_input empty = {0, 0, none, NULL, NULL, 1, SWG_PAIR_PRODUCT, 1};
    CHECK(swg_lambdarank_plan_size(&empty) == SWG_LAMBDARANK_CELLS);
    CHECK(swg_lambdarank(&empty, p->plan, SWG_LAMBDARANK_CELLS, NULL, 3, NULL, NULL) == SWG_OK);
}

/* A plan of nonsense cannot lead out of the arrays. */
static void test_wrong_plan(const struct problem *p)
{
    for (int64_t i = 0; i < p->plan_size; i++)
        p->plan[i] = i % 2 ? NAN : -1e300;
    CHECK(run(p, &p->in, 2) == SWG_OK);
}

int main(void)
{
    static struct problem p;
    make(&p);
    test_gradients_sum_to_zero(&p);
    test_threads(&p);
    test_known_answer();
    test_errors(&p);
    test_wrong_plan(&p);
    int64_t n = p.in.n_rows;
    unguard((float *)(void *)p.label, n);
    unguard(p.weight, n);
    unguard((float *)(void *)p.scores, 2 * n);
    unguard((float *)(void *)p.plan, 2 * p.plan_size);
    unguard(p.gradients, n);
    unguard(p.hessians, n);
    REPORT();
}
