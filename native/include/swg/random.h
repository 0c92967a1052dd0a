/* Counter-based random numbers: a value is a function of (seed, stream, counter) and of nothing else, so any
 * thread can draw any of them. Three rounds of the SplitMix64 finaliser (Steele, Lea, Flood 2014) mix the key;
 * not for cryptography. */
#ifndef SWG_RANDOM_H
#define SWG_RANDOM_H

#include <stdint.h>

/* 64 random bits. */
uint64_t swg_random_bits(uint64_t seed, uint64_t stream, uint64_t counter);

/* Uniform in [0, 1), a multiple of 2^-24. */
float swg_random_uniform(uint64_t seed, uint64_t stream, uint64_t counter);

#endif
