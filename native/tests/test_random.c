#include "harness.h"

int main(void)
{
    enum { N = 100000 };
    double sum = 0.0, square = 0.0, neighbour = 0.0, last = 0.0;
    for (int i = 0; i < N; i++) {
        double x = (double)swg_random_uniform(3, (uint64_t)(i / 10), (uint64_t)(i % 10)) - 0.5;
        CHECK(x >= -0.5 && x < 0.5);
        sum += x;
        square += x * x;
        neighbour += x * last;
        last = x;
    }
    CHECK_CLOSE(sum / N, 0.0, 0.005);
    CHECK_CLOSE(square / N, 1.0 / 12.0, 0.002);
    CHECK_CLOSE(neighbour / N, 0.0, 0.002);
    CHECK(swg_random_bits(1, 2, 3) == swg_random_bits(1, 2, 3));
    CHECK(swg_random_bits(1, 2, 3) != swg_random_bits(2, 1, 3));
    CHECK(swg_random_bits(1, 2, 3) != swg_random_bits(1, 3, 2));
    CHECK(swg_random_from(swg_random_key(1, 2), 3) == swg_random_bits(1, 2, 3));
    REPORT();
}
