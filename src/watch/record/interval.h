/* How long to wait for the next sample: as configured, or less while memory runs short. */
#ifndef WATCH_RECORD_INTERVAL_H
#define WATCH_RECORD_INTERVAL_H

#include <stdint.h>

#define INTERVAL_MIN_NS UINT64_C(100000000) /* of one that was shortened */

/*
 * Available memory went from before_bytes to after_bytes in elapsed_ns; at that rate it is used up
 * some time from now. Returns a tenth of that time when it is less than configured_ns, at least
 * INTERVAL_MIN_NS; else configured_ns.
 */
uint64_t interval_shorten(
	uint64_t configured_ns, double before_bytes, double after_bytes, uint64_t elapsed_ns);

#endif
