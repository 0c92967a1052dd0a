/* Counter-based random numbers: a value is a function of (seed, stream, counter) and of nothing else, so any
 * thread can draw any of them. Three rounds of the SplitMix64 finaliser (Steele, Lea, Flood 2014) mix the key;
 * not for cryptography. */
#ifndef SWG_RANDOM_H
#define SWG_RANDOM_H

#include <stdint.h>

static inline uint64_t swg_random_mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* 64 random bits. */
uint64_t swg_random_bits(uint64_t seed, uint64_t stream, uint64_t counter);

/* The same in two steps, for loops over the counter: swg_random_from(swg_random_key(seed, stream), counter). */
uint64_t swg_random_key(uint64_t seed, uint64_t stream);
static inline uint64_t swg_random_from(uint64_t key, uint64_t counter) { return swg_random_mix(counter ^ key); }

/* Uniform in [0, 1), a multiple of 2^-24. */
float swg_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter);

#endif
