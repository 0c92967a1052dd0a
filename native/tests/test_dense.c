/* Every kernel of every instruction set against loops in double precision, on arrays that end at guard pages. */
#include "harness.h"
#include "swg/dense.h"

static void test_add_outer(const struct swg_kernels *kernels, int64_t n, int64_t k)
{
    float *p = guarded_fill(k * n, 1), *c = guarded_fill(n * n, 2), *before = guarded_fill(n * n, 2);
    kernels->add_outer(c, n, p, n, n, k);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i; j < n; j++) {
            double sum = before[i * n + j];
            for (int64_t t = 0; t < k; t++)
                sum += (double)p[t * n + i] * p[t * n + j];
            CHECK_CLOSE(c[i * n + j], sum, 1e-4);
        }
    unguard(p, k * n);
    unguard(c, n * n);
    unguard(before, n * n);
}

static void test_product(const struct swg_kernels *kernels, int64_t m, int64_t n, int64_t k)
{
    int64_t lda = k + 3;
    float *a = guarded_fill(m * lda, 3), *b = guarded_fill(k * n, 4), *c = guarded(m * n);
    kernels->product(c, n, a, lda, b, n, m, n, k);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t t = 0; t < k; t++)
                sum += (double)a[i * lda + t] * b[t * n + j];
            CHECK_CLOSE(c[i * n + j], sum, 1e-4);
        }
    unguard(a, m * lda);
    unguard(b, k * n);
    unguard(c, m * n);
}

static void test_dots(const struct swg_kernels *kernels, int64_t m, int64_t n, int64_t k)
{
    float *a = guarded_fill(m * k, 5), *b = guarded_fill(n * k, 6), *c = guarded(m * n), *one = guarded(1);
    kernels->dots(c, n, a, k, m, b, k, n, k);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t t = 0; t < k; t++)
                sum += (double)a[i * k + t] * b[j * k + t];
            CHECK_CLOSE(c[i * n + j], sum, 1e-4);
            kernels->dots(one, 1, a + i * k, k, 1, b + j * k, k, 1, k);
            CHECK(*one == c[i * n + j]); /* the same bits whatever the tile */
            CHECK(kernels->dot(a + i * k, b + j * k, k) == *one);
        }
    unguard(a, m * k);
    unguard(b, n * k);
    unguard(c, m * n);
    unguard(one, 1);
}

static void test_gather(const struct swg_kernels *kernels, int64_t width)
{
    enum { N = 11, ROWS = 4 };
    const int32_t index[N] = {3, 0, 3, 1, 2, 2, 1, 0, 3, 3, 1};
    float *z = guarded_fill(ROWS * width, 7), *root = guarded_fill(N, 8), *weight = guarded_fill(N, 9);
    float *p = guarded(N * width), *total = guarded(width);
    memset(total, 0, sizeof(float) * (size_t)width);
    kernels->gather(p, z, width, index, root, weight, N, total);
    for (int64_t t = 0; t < width; t++) {
        double sum = 0.0;
        for (int i = 0; i < N; i++) {
            sum += (double)weight[i] * z[index[i] * width + t];
            CHECK(p[i * width + t] == root[i] * z[index[i] * width + t]);
        }
        CHECK_CLOSE(total[t], sum, 1e-5);
    }
    unguard(z, ROWS * width);
    unguard(root, N);
    unguard(weight, N);
    unguard(p, N * width);
    unguard(total, width);
}

/* a[n, n] = identity + p' p, in full. */
static void make_system(float *a, const float *p, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = i == j;
            for (int64_t t = 0; t < k; t++)
                sum += (double)p[t * n + i] * p[t * n + j];
            a[i * n + j] = (float)sum;
        }
}

static double residual(const float *a, const float *x, const float *b, int64_t n)
{
    double worst = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double sum = -(double)b[i];
        for (int64_t j = 0; j < n; j++)
            sum += (double)a[i * n + j] * x[j];
        worst = fmax(worst, fabs(sum));
    }
    return worst;
}

static void test_solvers(const struct swg_kernels *kernels, int64_t n, int64_t k)
{
    float *p = guarded_fill(k * n, 10), *a = guarded(n * n), *factored = guarded(n * n);
    float *b = guarded_fill(n, 11), *x = guarded_fill(n, 11), *rest = guarded_fill(n, 11), *work = guarded(2 * n);
    make_system(a, p, n, k);
    memcpy(factored, a, sizeof(float) * (size_t)(n * n));
    CHECK(kernels->solve_spd(factored, n, n, x) == 0);
    CHECK(residual(a, x, b, n) < 2e-3);
    int64_t steps = kernels->solve_normal(x, p, n, k, rest, work, 1e-4f, 100);
    CHECK(steps >= 0 && steps <= 100);
    CHECK(residual(a, x, b, n) < 1e-2);
    fill(rest, n, 11);
    CHECK(k < 3 || kernels->solve_normal(x, p, n, k, rest, work, 0.0f, 1) == -1);
    unguard(p, k * n);
    unguard(a, n * n);
    unguard(factored, n * n);
    unguard(b, n);
    unguard(x, n);
    unguard(rest, n);
    unguard(work, 2 * n);
}

static double naive_dot(const float *a, const float *b, int64_t n)
{
    double sum = 0.0;
    for (int64_t t = 0; t < n; t++)
        sum += (double)a[t] * (double)b[t];
    return sum;
}

/* Two steps, the second of which reads what the first wrote. */
static void test_rank_pairs(const struct swg_kernels *kernels, int64_t n, float scale)
{
    const int32_t better[] = {0, 2}, worse[] = {1, 0};
    float *user = guarded_fill(n, 20), *items = guarded_fill(3 * n, 21), bias[] = {0.1f, -0.2f, 0.3f};
    double x[128], y[3][128], b[3];
    for (int64_t t = 0; t < n; t++) {
        user[t] *= scale;
        x[t] = (double)user[t];
        for (int i = 0; i < 3; i++)
            y[i][t] = (double)items[i * n + t];
    }
    for (int i = 0; i < 3; i++)
        b[i] = (double)bias[i];
    kernels->rank_pairs(user, items, bias, n, better, worse, 2, 0.1f, 0.9f);
    for (int s = 0; s < 2; s++) {
        double *up = y[better[s]], *down = y[worse[s]], score = b[better[s]] - b[worse[s]];
        for (int64_t t = 0; t < n; t++)
            score += x[t] * (up[t] - down[t]);
        double step = 0.1 / (1.0 + exp(score));
        b[better[s]] = 0.9 * b[better[s]] + step;
        b[worse[s]] = 0.9 * b[worse[s]] - step;
        for (int64_t t = 0; t < n; t++) {
            double old = x[t];
            x[t] = 0.9 * old + step * (up[t] - down[t]);
            up[t] = 0.9 * up[t] + step * old;
            down[t] = 0.9 * down[t] - step * old;
        }
    }
    for (int64_t t = 0; t < n; t++) {
        CHECK_CLOSE(user[t], x[t], 1e-4 * fmax(1.0, (double)scale));
        for (int i = 0; i < 3; i++)
            CHECK_CLOSE(items[i * n + t], y[i][t], 1e-4 * fmax(1.0, (double)scale));
    }
    for (int i = 0; i < 3; i++)
        CHECK_CLOSE(bias[i], b[i], 1e-4);
    unguard(user, n);
    unguard(items, 3 * n);
}

/* Rows that are drawn twice take two steps. */
static void test_sample_step(const struct swg_kernels *kernels, int64_t n, int64_t n_rows, float scale)
{
    enum { OUTPUTS = 9 };
    int32_t rows[SWG_MAX_OUTPUTS];
    float *input = guarded_fill(n, 22), *outputs = guarded_fill(OUTPUTS * n, 23);
    double x[128], total[128] = {0}, steps[SWG_MAX_OUTPUTS];
    double *z = calloc((size_t)(OUTPUTS * n), sizeof(double));
    for (int64_t t = 0; t < n; t++) {
        input[t] *= scale;
        x[t] = (double)input[t];
    }
    for (int64_t t = 0; t < OUTPUTS * n; t++)
        z[t] = (double)outputs[t];
    for (int64_t s = 0; s < n_rows; s++) {
        rows[s] = (int32_t)(s * 4 % OUTPUTS);
        steps[s] = 0.1 * ((s == 0) - 1.0 / (1.0 + exp(-naive_dot(input, outputs + rows[s] * n, n))));
    }
    kernels->sample_step(input, outputs, n, rows, n_rows, 0.1f);
    for (int64_t s = 0; s < n_rows; s++)
        for (int64_t t = 0; t < n; t++) {
            total[t] += steps[s] * z[rows[s] * n + t];
            z[rows[s] * n + t] += steps[s] * x[t];
        }
    for (int64_t t = 0; t < n; t++)
        CHECK_CLOSE(input[t], x[t] + total[t], 1e-4 * fmax(1.0, (double)scale));
    for (int64_t t = 0; t < OUTPUTS * n; t++)
        CHECK_CLOSE(outputs[t], z[t], 1e-4 * fmax(1.0, (double)scale));
    free(z);
    unguard(input, n);
    unguard(outputs, OUTPUTS * n);
}

static void test_turned_product(const struct swg_kernels *kernels, int64_t n)
{
    enum { M = 24, K = 5 };
    int64_t lda = M + 3;
    float *a = guarded_fill(K * lda, 31), *b = guarded_fill(K * n, 32), *c = guarded_fill(M * n, 33);
    kernels->turned_product(c, n, a, lda, b, n, M, n, K);
    for (int64_t i = 0; i < M; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t t = 0; t < K; t++)
                sum += (double)a[t * lda + i] * (double)b[t * n + j];
            CHECK_CLOSE(c[i * n + j], sum, 1e-5);
        }
    unguard(a, K * lda);
    unguard(b, K * n);
    unguard(c, M * n);
}

/* Shares of scores, some of which are out of the range of exp. */
static void test_softmax(const struct swg_kernels *kernels, int64_t n, float scale)
{
    float *row = guarded_fill(n, 41), *bias = guarded_fill(n, 42);
    double expected[128], sum = 0.0, most = -INFINITY;
    bias[n / 2] = -1e30f;
    for (int64_t t = 0; t < n; t++) {
        row[t] *= scale;
        expected[t] = (double)(row[t] + bias[t]);
        most = fmax(most, expected[t]);
    }
    for (int64_t t = 0; t < n; t++)
        sum += expected[t] = exp(fmax(expected[t] - most, -87.0));
    kernels->softmax(row, bias, n, -2.0f);
    for (int64_t t = 0; t < n; t++)
        CHECK_CLOSE(row[t], -2.0 * expected[t] / sum, 2e-5 * fabs(expected[t] / sum) /* 1e-5 of the result, which is twice that */);
    unguard(row, n);
    unguard(bias, n);
}

static void test_steps(const struct swg_kernels *kernels, int64_t n)
{
    const float scales[] = {0.1f, 1.0f, 100.0f}; /* the last one reaches the clipped ends of the sigmoid */
    test_turned_product(kernels, n);
    for (int i = 0; i < 3; i++) {
        test_softmax(kernels, n, scales[i]);
        test_rank_pairs(kernels, n, scales[i]);
        for (int64_t n_rows = 1; n_rows <= SWG_MAX_OUTPUTS; n_rows += 1 + n_rows / 7 * 5)
            test_sample_step(kernels, n, n_rows, scales[i]);
    }
}

static void test_not_positive(const struct swg_kernels *kernels)
{
    float a[32 * 32] = {0}, b[32] = {0};
    for (int i = 0; i < 32; i++)
        a[i * 33] = i == 19 ? -1.0f : 1.0f;
    CHECK(kernels->solve_spd(a, 32, 32, b) == 20);
    a[0] = NAN;
    CHECK(kernels->solve_spd(a, 32, 32, b) == 1);
}

static void test_kernels(const struct swg_kernels *kernels)
{
    const int64_t widths[] = {16, 32, 48, 64, 80, 128};
    for (int w = 0; w < 6; w++) {
        int64_t n = widths[w];
        for (int64_t k = 0; k <= 70; k += w < 2 ? 1 : 23)
            test_add_outer(kernels, n, k);
        for (int64_t m = 0; m <= 17; m++)
            test_product(kernels, m, n, m * 5 % 13 + 1);
        for (int64_t m = 1; m <= 6; m++)
            test_dots(kernels, m, 3 * m - 1, n);
        test_gather(kernels, n);
        test_steps(kernels, n);
        for (int64_t k = 0; k < 12; k++)
            test_solvers(kernels, n, k * k);
    }
    test_not_positive(kernels);
}

static void test_gram(void)
{
    int64_t m = 1000, n = 19;
    float *y = guarded_fill(m * n, 12);
    double one[19 * 19], many[19 * 19];
    CHECK(swg_gram(y, n, m, n, one, 1) == SWG_OK);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t t = 0; t < m; t++)
                sum += (double)y[t * n + i] * y[t * n + j];
            CHECK_CLOSE(one[i * n + j], sum, 1e-3);
        }
    for (int n_threads = 2; n_threads < 9; n_threads++) {
        CHECK(swg_gram(y, n, m, n, many, n_threads) == SWG_OK);
        CHECK(memcmp(one, many, sizeof(one)) == 0);
    }
    CHECK(swg_gram(y, n, 0, n, one, 2) == SWG_OK && one[0] == 0.0);
    y[5] = NAN;
    CHECK(swg_gram(y, n, m, n, one, 2) == SWG_ERR_VALUE);
    unguard(y, m * n);
}

int main(void)
{
    for (int isa = 0; isa < SWG_ISA_COUNT; isa++)
        if (swg_kernels_of((enum swg_isa)isa))
            test_kernels(swg_kernels_of((enum swg_isa)isa));
    test_gram();
    REPORT();
}
