#include "harness.h"
#include "swg/topk.h"

enum { N = 37, M = 3000, D = 19, K = 9 };

static void check_query(const struct swg_topk_input *in, int q, const int32_t *indices, const float *scores)
{
    double last = INFINITY;
    for (int place = 0; place < K; place++) {
        int32_t item = indices[q * K + place];
        CHECK(item >= 0 && item < M);
        double score = in->item_bias ? in->item_bias[item] : 0.0;
        for (int j = 0; j < D; j++)
            score += (double)in->queries[q * D + j] * in->items[item * D + j];
        CHECK_CLOSE(scores[q * K + place], score, 1e-5);
        CHECK(scores[q * K + place] <= last);
        last = scores[q * K + place];
        if (in->exclude)
            for (int64_t e = in->exclude->indptr[q]; e < in->exclude->indptr[q + 1]; e++)
                CHECK(in->exclude->indices[e] != item);
    }
    int above = 0; /* items better than the worst that was returned */
    for (int i = 0; i < M; i++) {
        double score = in->item_bias ? in->item_bias[i] : 0.0;
        for (int j = 0; j < D; j++)
            score += (double)in->queries[q * D + j] * in->items[i * D + j];
        int excluded = 0;
        for (int64_t e = in->exclude ? in->exclude->indptr[q] : 0; in->exclude && e < in->exclude->indptr[q + 1]; e++)
            excluded |= in->exclude->indices[e] == i;
        above += !excluded && score > last + 1e-5;
    }
    CHECK(above < K);
}

static void test_search(struct swg_topk_input in)
{
    int32_t indices[N * K], again[N * K];
    float scores[N * K], again_scores[N * K];
    CHECK(swg_topk(&in, K, 1, NULL, indices, scores) == SWG_OK);
    for (int q = 0; q < N; q++)
        check_query(&in, q, indices, scores);
    CHECK(swg_topk(&in, K, 6, NULL, again, again_scores) == SWG_OK);
    CHECK(memcmp(indices, again, sizeof(indices)) == 0 && memcmp(scores, again_scores, sizeof(scores)) == 0);
}

static void test_ties(void)
{
    const float queries[1] = {1.0f}, items[] = {1.0f, NAN, 2.0f, 1.0f, 2.0f, -INFINITY, 1.0f};
    struct swg_topk_input in = {queries, items, 1, 7, 1, NULL, NULL};
    int32_t indices[8];
    float scores[8];
    CHECK(swg_topk(&in, 8, 1, NULL, indices, scores) == SWG_OK);
    const int32_t expected[] = {2, 4, 0, 3, 6, 5, -1, -1};
    CHECK(memcmp(indices, expected, sizeof(expected)) == 0);
    CHECK(scores[7] == -INFINITY && scores[0] == 2.0f);
    CHECK(swg_topk(&in, 0, 1, NULL, indices, scores) == SWG_ERR_ARGUMENT);
    in.m = 0;
    CHECK(swg_topk(&in, 2, 1, NULL, indices, scores) == SWG_OK && indices[0] == -1);
}

static void test_best(void)
{
    int32_t indices[5];
    float values[5];
    struct swg_best best = {5, 0, indices, values};
    for (int32_t i = 0; i < 100; i++)
        swg_best_offer(&best, i * 37 % 100, (float)(i * 37 % 100 / 3));
    swg_best_sort(&best);
    const int32_t expected[] = {99, 96, 97, 98, 93};
    CHECK(memcmp(indices, expected, sizeof(expected)) == 0);
}

int main(void)
{
    float *queries = guarded_fill(N * D, 1), *items = guarded_fill(M * D, 2), *bias = guarded_fill(M, 3);
    static int64_t indptr[N + 1];
    static int32_t excluded[N * 40];
    for (int q = 0; q <= N; q++)
        indptr[q] = q * 40;
    for (int e = 0; e < N * 40; e++)
        excluded[e] = (int32_t)(swg_random_bits(4, 4, (uint64_t)e) % M);
    struct swg_csr exclude = {N, M, N * 40, indptr, excluded, NULL};
    test_search((struct swg_topk_input){queries, items, N, M, D, NULL, NULL});
    test_search((struct swg_topk_input){queries, items, N, M, D, NULL, bias});
    test_search((struct swg_topk_input){queries, items, N, M, D, &exclude, bias});
    excluded[3] = M;
    int32_t out[N];
    float out_scores[N];
    struct swg_topk_input bad = {queries, items, N, M, D, &exclude, NULL};
    CHECK(swg_topk(&bad, 1, 1, NULL, out, out_scores) == SWG_ERR_INDEX);
    test_ties();
    test_best();
    unguard(queries, N * D);
    unguard(items, M * D);
    unguard(bias, M);
    REPORT();
}
