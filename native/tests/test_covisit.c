#include "harness.h"
#include "swg/covisit.h"

enum { ROWS = 80, ITEMS = 30, STORED = 9000 };

static int64_t indptr[ROWS + 1];
static int32_t items[STORED];
static float weight[ROWS];
static double expected[ITEMS][ITEMS];

static struct swg_csr make_histories(void)
{
    for (int row = 0; row <= ROWS; row++)
        indptr[row] = (int64_t)STORED * row * row / (ROWS * ROWS);
    for (int i = 0; i < STORED; i++)
        items[i] = (int32_t)(swg_random_bits(1, 1, (uint64_t)i) % (ITEMS - 1));
    for (int row = 0; row < ROWS; row++)
        weight[row] = (float)(row % 3);
    return (struct swg_csr){ROWS, ITEMS, STORED, indptr, items, NULL};
}

static void count_naively(const struct swg_covisit_input *input)
{
    memset(expected, 0, sizeof(expected));
    for (int row = 0; row < ROWS; row++)
        for (int64_t p = indptr[row]; p < indptr[row + 1]; p++)
            for (int64_t q = p + 1; q < indptr[row + 1] && (!input->window || q - p <= input->window); q++) {
                if (items[p] == items[q])
                    continue;
                double value = pow(input->decay, (double)(q - p - 1)) * (input->row_weight ? weight[row] : 1.0f);
                expected[items[p]][items[q]] += input->forward * value;
                expected[items[q]][items[p]] += input->backward * value;
            }
}

static void check_counts(const struct swg_covisit_input *input, int n_threads)
{
    int64_t sizes[ITEMS], out_indptr[ITEMS + 1] = {0};
    CHECK(swg_covisit_sizes(input, n_threads, NULL, sizes) == SWG_OK);
    for (int i = 0; i < ITEMS; i++)
        out_indptr[i + 1] = out_indptr[i] + sizes[i];
    int32_t *columns = malloc(sizeof(int32_t) * (size_t)(out_indptr[ITEMS] + 1));
    float *counts = malloc(sizeof(float) * (size_t)(out_indptr[ITEMS] + 1));
    CHECK(swg_covisit_fill(input, n_threads, NULL, out_indptr, columns, counts) == SWG_OK);
    double total = 0.0;
    for (int i = 0; i < ITEMS; i++)
        for (int64_t e = out_indptr[i]; e < out_indptr[i + 1]; e++) {
            CHECK(e == out_indptr[i] || columns[e] > columns[e - 1]);
            CHECK_CLOSE(counts[e], expected[i][columns[e]], 1e-6 * expected[i][columns[e]]);
            total += expected[i][columns[e]];
        }
    for (int i = 0; i < ITEMS; i++)
        for (int j = 0; j < ITEMS; j++)
            total -= expected[i][j];
    CHECK_CLOSE(total, 0.0, 1e-4);
    free(columns);
    free(counts);
}

static void test_errors(struct swg_covisit_input input)
{
    int64_t sizes[ITEMS], wrong[ITEMS + 1] = {0}, control[2] = {0, 1};
    CHECK(swg_covisit_fill(&input, 1, NULL, wrong, NULL, NULL) == SWG_ERR_CAPACITY);
    CHECK(swg_covisit_sizes(&input, 2, control, sizes) == SWG_ERR_CANCELLED);
    input.decay = 2.0;
    CHECK(swg_covisit_sizes(&input, 1, NULL, sizes) == SWG_ERR_ARGUMENT);
    input.decay = NAN;
    CHECK(swg_covisit_sizes(&input, 1, NULL, sizes) == SWG_ERR_ARGUMENT);
    input.decay = 0.5;
    weight[3] = -1.0f;
    input.row_weight = weight;
    CHECK(swg_covisit_sizes(&input, 1, NULL, sizes) == SWG_ERR_NEGATIVE);
}

int main(void)
{
    struct swg_csr histories = make_histories();
    const int64_t windows[] = {0, 1, 3};
    const double decays[] = {0.0, 0.7, 1.0};
    for (int i = 0; i < 18; i++) {
        struct swg_covisit_input input = {&histories, i % 2 ? weight : NULL, windows[i / 2 % 3], decays[i / 6], 1.0,
                                          i % 4 == 0 ? 0.0 : 0.5};
        count_naively(&input);
        check_counts(&input, 1);
        check_counts(&input, 5);
    }
    test_errors((struct swg_covisit_input){&histories, NULL, 2, 0.5, 1.0, 1.0});
    REPORT();
}
