#include "watch/record/interval.h"

#include <math.h>

uint64_t interval_shorten(
	uint64_t configured_ns, double before_bytes, double after_bytes, uint64_t elapsed_ns)
{
	double lost_bytes = before_bytes - after_bytes;

	if (isnan(lost_bytes) || lost_bytes <= 0.0 || elapsed_ns == 0) {
		return configured_ns;
	}
	double wait_ns = after_bytes / lost_bytes * (double)elapsed_ns / 10.0;
	if (wait_ns >= (double)configured_ns) {
		return configured_ns;
	}
	if (configured_ns <= INTERVAL_MIN_NS) {
		return configured_ns;
	}
	return wait_ns < (double)INTERVAL_MIN_NS ? INTERVAL_MIN_NS : (uint64_t)wait_ns;
}
