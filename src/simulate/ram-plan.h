/* How much to take from this machine so that it is like one with less memory. */
#ifndef SIMULATE_RAM_PLAN_H
#define SIMULATE_RAM_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/sysroot.h"

/* What MemAvailable may not fall below: what programs need that start meanwhile. */
#define RAM_SPARE_BYTES (UINT64_C(64) << 20)

struct ram_plan {
	uint64_t ram_bytes;       /* before the kernel takes its share */
	uint64_t total_bytes;     /* MemTotal */
	uint64_t available_bytes; /* MemAvailable */
	uint64_t take_bytes;      /* so that MemTotal less this is that of a machine with less */
	uint64_t mem_option;      /* the value of mem= for the same on the kernel's command line */
};

/*
 * What has to be taken for a machine with that much RAM. The kernel's share shrinks with it: 64
 * bytes (struct page) for each page that is not there are not taken. -ENOTSUP: this machine has no
 * more than that, does not report what it has, or what runs needs more than would be left; another
 * negative errno.
 */
int ram_plan_make(const struct sysroot *root, uint64_t memory_bytes, struct ram_plan *ret_plan,
	struct error *err);

/*
 * Of what runs now, in percent of the memory that is there: hugetlb stays in MemTotal, so that the
 * usual formula would count what was taken as used.
 */
double ram_used_percent(uint64_t total_bytes, uint64_t taken_bytes, uint64_t available_bytes);

struct board {
	const char *name;
	const char *description;
	uint64_t ram_bytes;
};

/* A board that is known by its name; NULL for none. */
const struct board *board_find(const char *name);

/* The names of all, "a, b". */
const char *board_names(void);

#endif
