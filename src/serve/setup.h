/*
 * A configuration that can be run on this machine: read, with cameras chosen when it names none,
 * and within its budget.
 */
#ifndef SERVE_SETUP_H
#define SERVE_SETUP_H

#include "config/config.h"

/* Where a configuration comes from, to read it again. */
struct setup_origin {
	const char *path; /* of the file, NULL for the default one */
	const struct config_override *overrides;
	size_t n_overrides;
};

struct setup {
	struct config config;
	bool has_file;      /* the file was there */
	bool is_picked;     /* the cameras were picked, not configured */
	size_t spare_bytes; /* of the budget, per camera, beyond the worst case */
};

/*
 * before: the setup that runs, or NULL. Cameras that were picked for it stay, whatever is plugged
 * in: one of them may only be lost. Its file must still be there: an editor may have it moved away
 * for a moment. 0; -E2BIG with err when the worst case is over the budget; or as config_load.
 */
int setup_load(const struct setup_origin *origin, const struct setup *before,
	struct setup *ret_setup, struct error *err);

#endif
