/* Atomic counters and histograms: written by any thread, read by the exposition. Relaxed order. */
#ifndef METRICS_COUNTER_H
#define METRICS_COUNTER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
	atomic_uint_fast64_t value;
};

static inline void counter_add(struct counter *counter, uint64_t n)
{
	atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}

static inline void counter_increment(struct counter *counter)
{
	counter_add(counter, 1);
}

static inline uint64_t counter_get(const struct counter *counter)
{
	return atomic_load_explicit(
		&((struct counter *)(uintptr_t)counter)->value, memory_order_relaxed);
}

/* Bounds of durations in ns: 50 us to 1 s, closest around the interval of a frame; one more bucket
 * is +Inf. */
#define HISTOGRAM_BUCKETS 15

struct histogram {
	struct counter buckets[HISTOGRAM_BUCKETS + 1]; /* not cumulative */
	struct counter sum_ns;
};

extern const uint64_t histogram_bounds_ns[HISTOGRAM_BUCKETS];

void histogram_observe(struct histogram *histogram, uint64_t duration_ns);

#endif
