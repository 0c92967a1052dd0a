#include "harness.h"
#include "swg/sparse.h"

static void test_top_n(void)
{
    const int64_t rows[] = {0, 4, 4, 6}, out_rows[] = {0, 2, 2, 4}, bad_rows[] = {0, 3, 3, 4};
    const int32_t indices[] = {9, 4, 7, 2, 5, 1};
    const float data[] = {1.0f, 3.0f, 3.0f, 2.0f, -1.0f, 0.0f};
    struct swg_csr matrix = {3, 10, 6, rows, indices, data};
    int32_t columns[4];
    float values[4];
    CHECK(swg_csr_top_n(&matrix, 2, 3, out_rows, columns, values) == SWG_OK);
    CHECK(columns[0] == 4 && columns[1] == 7 && columns[2] == 1 && columns[3] == 5);
    CHECK(values[1] == 3.0f && values[3] == -1.0f);
    CHECK(swg_csr_top_n(&matrix, 2, 1, bad_rows, columns, values) == SWG_ERR_CAPACITY);
}

static void test_product(void)
{
    const int64_t rows[] = {0, 2, 3, 3};
    const int32_t indices[] = {1, 2, 0};
    const float data[] = {2.0f, 1.0f, 5.0f};
    struct swg_csr a = {3, 3, 3, rows, indices, data};
    int64_t sizes[3];
    int32_t columns[6];
    float values[6];
    CHECK(swg_sparse_top_product(&a, &a, 2, 0, 2, NULL, sizes, columns, values) == SWG_OK);
    CHECK(sizes[0] == 1 && columns[0] == 0 && values[0] == 10.0f);
    CHECK(sizes[1] == 2 && columns[2] == 1 && values[2] == 10.0f && columns[3] == 2 && values[3] == 5.0f);
    CHECK(sizes[2] == 0);
    CHECK(swg_sparse_top_product(&a, &a, 2, 1, 2, NULL, sizes, columns, values) == SWG_OK);
    CHECK(sizes[0] == 0 && sizes[1] == 1 && columns[2] == 2);
    CHECK(swg_sparse_top_product(&a, &a, INT64_MAX / 2, 1, 2, NULL, sizes, columns, values) == SWG_ERR_SIZE);
}

int main(void)
{
    test_top_n();
    test_product();
    REPORT();
}
