#include "swg/random.h"

uint64_t swg_random_key(uint64_t seed, uint64_t stream)
{
    return swg_random_mix(stream ^ swg_random_mix(seed));
}

uint64_t swg_random_bits(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return swg_random_from(swg_random_key(seed, stream), counter);
}

float swg_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter)
{
    return (float)(swg_random_bits(seed, stream, counter) >> 40) * 0x1p-24f;
}
