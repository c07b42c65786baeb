/*
 * Memory that is taken from the whole machine, and that the kernel takes back when this process
 * ends, however that is: surplus huge pages, which go back to the kernel's free pages when they are
 * unmapped, and where there are not enough of them, locked pages. Children do not inherit it.
 */
#ifndef SIMULATE_BALLAST_H
#define SIMULATE_BALLAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/sysroot.h"

struct ballast {
	uint64_t huge_bytes, locked_bytes;
	bool was_late; /* not all that there might have been came as huge pages in time */
};

struct ballast_request {
	uint64_t bytes;
	uint64_t spare_bytes; /* MemAvailable may not fall below it: other programs need memory */
	uint64_t timeout_ns;  /* for all of it */
};

/*
 * Takes huge pages first, for 10 s at the most, and then locked ones. -ENOMEM; -ETIMEDOUT; another
 * negative errno. What was taken until then is kept.
 */
int ballast_take(struct ballast *ballast, const struct sysroot *root,
	const struct ballast_request *request, struct error *err);

/*
 * The number of huge pages that many bytes are, rounded up. -ENOTSUP: the kernel has none; another
 * negative errno.
 */
int ballast_count_pages(const struct sysroot *root, uint64_t bytes, uint64_t *ret_pages);

#endif
