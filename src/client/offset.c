#include "client/offset.h"

#include <stddef.h>

void offset_add(struct offset *offset, uint64_t asked_ns, uint64_t answered_ns, uint64_t server_ns)
{
	uint64_t half_ns = answered_ns > asked_ns ? (answered_ns - asked_ns) / 2 : 0;

	offset->samples[offset->next] = (struct offset_sample){
		.at_ns = answered_ns,
		.ahead_ns = (int64_t)(server_ns - (asked_ns + half_ns)),
		/* The server's time is in whole microseconds. */
		.error_ns = half_ns + NSEC_PER_USEC,
	};
	offset->next = (offset->next + 1) % OFFSET_SAMPLES;
	if (offset->count < OFFSET_SAMPLES) {
		offset->count++;
	}
}

static const struct offset_sample *find_best(const struct offset *offset, uint64_t now_ns)
{
	const struct offset_sample *best = NULL;

	for (unsigned i = 0; i < offset->count; i++) {
		const struct offset_sample *sample = &offset->samples[i];
		bool is_recent = now_ns < OFFSET_AGE_NS || sample->at_ns >= now_ns - OFFSET_AGE_NS;
		if (is_recent && (!best || sample->error_ns < best->error_ns)) {
			best = sample;
		}
	}
	return best;
}

bool offset_best(
	const struct offset *offset, uint64_t now_ns, int64_t *ret_ahead_ns, uint64_t *ret_error_ns)
{
	const struct offset_sample *best = find_best(offset, now_ns);

	if (offset->count == 0) {
		return false;
	}
	if (!best) {
		best = &offset->samples[(offset->next + OFFSET_SAMPLES - 1) % OFFSET_SAMPLES];
	}
	uint64_t distance_ns =
		best->ahead_ns < 0 ? 0 - (uint64_t)best->ahead_ns : (uint64_t)best->ahead_ns;
	bool is_same_clock = distance_ns <= best->error_ns;
	*ret_ahead_ns = is_same_clock ? 0 : best->ahead_ns;
	*ret_error_ns = is_same_clock ? 0 : best->error_ns;
	return true;
}
