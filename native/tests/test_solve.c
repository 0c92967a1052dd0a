#include "harness.h"
#include "swg/solve.h"

enum { N = 23 };

static void make_matrix(double *a)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i * N + j] = i == j ? 0.5 : 0.0;
            for (int t = 0; t < 30; t++)
                a[i * N + j] += (double)swg_random_uniform(1, (uint64_t)i, (uint64_t)t) *
                                (double)swg_random_uniform(1, (uint64_t)j, (uint64_t)t);
        }
}

int main(void)
{
    static double a[N * N], l[N * N], inverse[N * N];
    make_matrix(a);
    memcpy(l, a, sizeof(a));
    CHECK(swg_cholesky(l, N) == SWG_OK);
    swg_invert_lower(l, N, inverse);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double product = 0.0, unit = 0.0;
            for (int t = 0; t < N; t++) {
                product += l[i * N + t] * l[j * N + t];
                unit += l[i * N + t] * inverse[t * N + j];
            }
            CHECK_CLOSE(product, a[i * N + j], 1e-12);
            CHECK_CLOSE(unit, i == j ? 1.0 : 0.0, 1e-12);
            CHECK(j <= i || (l[i * N + j] == 0.0 && inverse[i * N + j] == 0.0));
        }
    memset(a, 0, sizeof(a));
    CHECK(swg_cholesky(a, N) == SWG_ERR_NOT_SPD);
    double ones[4] = {1.0, 1.0, 1.0, 1.0}, bad[1] = {NAN};
    CHECK(swg_cholesky(ones, 2) == SWG_ERR_NOT_SPD);
    CHECK(swg_cholesky(bad, 1) == SWG_ERR_NOT_SPD);
    REPORT();
}
