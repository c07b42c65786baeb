#include "metrics/counter.h"

const uint64_t histogram_bounds_ns[HISTOGRAM_BUCKETS] = {
	50000,
	100000,
	250000,
	500000,
	1000000,
	2500000,
	5000000,
	10000000,
	20000000,
	33333333, /* one frame at 30 a second */
	50000000,
	100000000,
	250000000,
	500000000,
	1000000000,
};

void histogram_observe(struct histogram *histogram, uint64_t duration_ns)
{
	size_t i = 0;

	while (i < HISTOGRAM_BUCKETS && duration_ns > histogram_bounds_ns[i]) {
		i++;
	}
	counter_increment(&histogram->buckets[i]);
	counter_add(&histogram->sum_ns, duration_ns);
}
