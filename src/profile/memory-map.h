/* What the mappings of a process take, one by one and summed by what they are for. */
#ifndef PROFILE_MEMORY_MAP_H
#define PROFILE_MEMORY_MAP_H

#include <stdio.h>

#include "kernel/process/smaps.h"

struct memory_sum {
	unsigned n;
	uint64_t size_bytes, rss_bytes, pss_bytes, private_dirty_bytes, swap_bytes;
};

struct memory_sums {
	struct memory_sum kinds[MAPPING_KIND_COUNT], all;
};

void memory_map_sum(const struct smaps *smaps, struct memory_sums *ret_sums);

/* The sums, the largest PSS first, then each mapping. */
void memory_map_print(FILE *file, const struct smaps *smaps, const struct memory_sums *sums);

/* The kinds by PSS, the largest first. */
void memory_map_order(
	const struct memory_sums *sums, enum mapping_kind ret_order[MAPPING_KIND_COUNT]);

#endif
