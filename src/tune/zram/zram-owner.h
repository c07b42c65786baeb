/* Who else makes swap in zram on this machine: now, or at the next boot. */
#ifndef TUNE_ZRAM_ZRAM_OWNER_H
#define TUNE_ZRAM_ZRAM_OWNER_H

#include <stdbool.h>

#include "util/sysroot.h"

struct zram_owner {
	const char *name; /* "zram-tools" */
	const char *unit; /* that makes the swap: to be named with --service to be rid of it */
	const char *file; /* where it is configured */
};

/* The first of the known ones that is set up to run at boot; NULL when there is none. */
const struct zram_owner *zram_owner_find(const struct sysroot *root);

#endif
