#include <sys/wait.h>

#include "harness.h"
#include "swg/parallel.h"

enum { N = 1000 };

struct squares {
    int64_t out[N];
};

static enum swg_status square_part(void *context, int part, int n_parts)
{
    struct squares *squares = context;
    for (int64_t i = swg_split(N, part, n_parts); i < swg_split(N, part + 1, n_parts); i++)
        squares->out[i] = i * i;
    return SWG_OK;
}

static enum swg_status fail_late(void *context, int part, int n_parts)
{
    (void)context;
    (void)n_parts;
    return part == 2 ? SWG_ERR_VALUE : part == 3 ? SWG_ERR_INDEX : SWG_OK;
}

static int all_squared(int n_threads)
{
    struct squares squares;
    memset(&squares, 0xFF, sizeof(squares));
    int good = swg_parallel(n_threads, square_part, &squares) == SWG_OK;
    for (int64_t i = 0; i < N; i++)
        good = good && squares.out[i] == i * i;
    return good;
}

static void test_rows(void)
{
    const int64_t indptr[] = {0, 100, 101, 102, 103, 104};
    CHECK(swg_split_rows(indptr, 5, 0, 0, 2) == 0);
    CHECK(swg_split_rows(indptr, 5, 0, 1, 2) == 1);
    CHECK(swg_split_rows(indptr, 5, 0, 2, 2) == 5);
    for (int n = 1; n < 9; n++)
        for (int part = 0; part < n; part++)
            CHECK(swg_split_rows(indptr, 5, 1, part, n) <= swg_split_rows(indptr, 5, 1, part + 1, n));
}

static void test_fork(void)
{
    CHECK(all_squared(3));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(all_squared(3) ? 0 : 1);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(void)
{
    for (int n_threads = -1; n_threads <= 9; n_threads++)
        CHECK(all_squared(n_threads));
    CHECK(all_squared(64));
    CHECK(swg_parallel(5, fail_late, NULL) == SWG_ERR_VALUE);
    CHECK(swg_split(INT64_MAX, 3, 7) > 0 && swg_split(10, 3, 3) == 10);
    CHECK(swg_threads_for(10, 100, 8) == 1 && swg_threads_for(1000, 100, 8) == 8);
    test_rows();
#if !defined(__SANITIZE_THREAD__)
    test_fork();
#else
    (void)test_fork;
#endif
    REPORT();
}
