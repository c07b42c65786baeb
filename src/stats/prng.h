/*
 * Pseudo-random numbers that are the same on every machine: xoshiro256** 1.0, seeded by splitmix64.
 * Not for secrets. The state belongs to the caller; one thread at a time.
 *
 * xoshiro256**: Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM
 * Transactions on Mathematical Software 47(4), 2021. splitmix64: Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014.
 */
#ifndef STATS_PRNG_H
#define STATS_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state[4];
};

/* Any seed, 0 included. Seeds that differ give independent sequences. */
void prng_init(struct prng *prng, uint64_t seed);

/* All 64 bits are uniform. */
uint64_t prng_next(struct prng *prng);

/*
 * Uniform in 0..bound-1, without bias; bound > 0. Lemire, "Fast random integer generation in an
 * interval", ACM Transactions on Modeling and Computer Simulation 29(1), 2019.
 */
uint32_t prng_below(struct prng *prng, uint32_t bound);

#endif
