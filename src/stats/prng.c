#include "stats/prng.h"

#include <assert.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void prng_init(struct prng *prng, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		prng->state[i] = splitmix(&seed);
	}
}

static uint64_t rotate_left(uint64_t value, int bits)
{
	return (value << bits) | (value >> (64 - bits));
}

uint64_t prng_next(struct prng *prng)
{
	uint64_t *s = prng->state;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint32_t prng_below(struct prng *prng, uint32_t bound)
{
	assert(bound > 0);
	uint32_t unfair = -bound % bound;
	uint64_t product;

	do {
		product = (prng_next(prng) >> 32) * bound;
	} while ((uint32_t)product < unfair);
	return (uint32_t)(product >> 32);
}
