#include "swg/random.h"

static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t swg_random_bits(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return mix(counter ^ mix(stream ^ mix(seed)));
}

float swg_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return (float)(swg_random_bits(seed, stream, counter) >> 40) * 0x1p-24f;
}
