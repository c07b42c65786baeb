/* The verbs of `twinlens tune`. Each returns an enum exit_status, and has told why when it is not
 * 0. */
#ifndef CLI_TUNE_TUNE_RUN_H
#define CLI_TUNE_TUNE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "tune/profile.h"

struct tune_options {
	const char *profile, *folder;
	const char *services[PROFILE_SERVICES_MAX];
	size_t n_services;
	bool has_profile; /* a profile or a service was given */
	bool is_partial, is_json;
};

int tune_run_plan(const struct tune_options *options);
int tune_run_apply(const struct tune_options *options);
int tune_run_status(const struct tune_options *options);
int tune_run_rollback(const struct tune_options *options);
int tune_run_boot(const struct tune_options *options);

#endif
