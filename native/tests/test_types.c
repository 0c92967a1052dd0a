#include "harness.h"
#include "swg/types.h"

static const int64_t indptr[] = {0, 2, 2, 3};
static const int32_t indices[] = {3, 0, 3};
static const float data[] = {1.0f, 2.0f, 3.0f};

static struct swg_csr good(void) { return (struct swg_csr){3, 4, 3, indptr, indices, data}; }

static void test_check(void)
{
    struct swg_csr m = good();
    CHECK(swg_csr_check(&m, SWG_CHECK_FINITE | SWG_CHECK_NOT_NEGATIVE) == SWG_OK);
    m.n_columns = 3;
    CHECK(swg_csr_check(&m, 0) == SWG_ERR_INDEX);
    m = good();
    m.n_stored = 2;
    CHECK(swg_csr_check(&m, 0) == SWG_ERR_INDPTR);
    const int64_t falling[] = {0, 3, 2, 3};
    m = good();
    m.indptr = falling;
    CHECK(swg_csr_check(&m, 0) == SWG_ERR_INDPTR);
    const int32_t negative[] = {3, -1, 3};
    m = good();
    m.indices = negative;
    CHECK(swg_csr_check(&m, 0) == SWG_ERR_INDEX);
}

static void test_check_values(void)
{
    struct swg_csr m = good();
    const float nan[] = {1.0f, NAN, 3.0f}, inf[] = {1.0f, INFINITY, 3.0f}, minus[] = {1.0f, -1.0f, 3.0f};
    m.data = nan;
    CHECK(swg_csr_check(&m, SWG_CHECK_FINITE) == SWG_ERR_VALUE);
    m.data = inf;
    CHECK(swg_csr_check(&m, SWG_CHECK_FINITE) == SWG_ERR_VALUE);
    m.data = minus;
    CHECK(swg_csr_check(&m, SWG_CHECK_FINITE) == SWG_OK);
    CHECK(swg_csr_check(&m, SWG_CHECK_FINITE | SWG_CHECK_NOT_NEGATIVE) == SWG_ERR_NEGATIVE);
}

static void test_transpose(void)
{
    struct swg_csr m = good();
    int64_t t_indptr[5];
    int32_t t_indices[3];
    float t_data[3];
    CHECK(swg_csr_transpose(&m, t_indptr, t_indices, t_data) == SWG_OK);
    const int64_t expected[] = {0, 1, 1, 1, 3};
    CHECK(memcmp(t_indptr, expected, sizeof(expected)) == 0);
    CHECK(t_indices[0] == 0 && t_indices[1] == 0 && t_indices[2] == 2);
    CHECK(t_data[0] == 2.0f && t_data[1] == 1.0f && t_data[2] == 3.0f);
}

static void test_sizes(void)
{
    int64_t out;
    CHECK(swg_multiply(3, 4, &out) == SWG_OK && out == 12);
    CHECK(swg_multiply(INT64_MAX, 2, &out) == SWG_ERR_SIZE);
    CHECK(swg_multiply(-1, 2, &out) == SWG_ERR_SIZE);
    CHECK(swg_allocate(-1, 4) == NULL);
    CHECK(swg_allocate(INT64_MAX / 2, 8) == NULL);
    void *empty = swg_allocate(0, 4);
    CHECK(empty != NULL && (uintptr_t)empty % 64 == 0);
    free(empty);
}

static void test_control(void)
{
    int64_t control[2] = {5, 0};
    CHECK(!swg_control_step(NULL, 3));
    CHECK(!swg_control_step(control, 3) && control[0] == 8);
    control[1] = 1;
    CHECK(swg_control_step(control, 1));
}

int main(void)
{
    test_check();
    test_check_values();
    test_transpose();
    test_sizes();
    test_control();
    CHECK(strcmp(swg_status_text(SWG_ERR_MEMORY), "out of memory") == 0);
    REPORT();
}
