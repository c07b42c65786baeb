#include "simulate/limit.h"

#define STEPS          100 /* of memory_bytes: 1 % */
#define FALL_BYTES_MAX (UINT64_C(64) << 20)
#define FLOOR_SHARE    8 /* of memory_bytes */

static uint64_t subtract(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t limit_next(uint64_t memory_bytes, uint64_t limit_bytes,
	const struct limit_reading *reading, bool *ret_is_full)
{
	uint64_t wanted = subtract(memory_bytes, reading->charge_bytes);
	uint64_t floor = memory_bytes / FLOOR_SHARE;

	*ret_is_full = wanted < floor;
	wanted = larger(wanted, floor);
	if (wanted >= limit_bytes) {
		return wanted;
	}
	uint64_t lowest = larger(subtract(limit_bytes, memory_bytes / STEPS),
		subtract(reading->current_bytes, FALL_BYTES_MAX));
	uint64_t next = larger(wanted, lowest);
	return next < limit_bytes ? next : limit_bytes;
}
