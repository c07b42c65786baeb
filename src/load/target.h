/* What is watched: the streams of a server, and what its cameras are called. */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include <stdbool.h>

#include "client/endpoint.h"
#include "client/viewer.h"
#include "load/options.h"
#include "util/error.h"

#define LOAD_NAME_MAX 63

struct load_camera {
	char name[LOAD_NAME_MAX + 1]; /* "camN" where the server does not say */
	bool is_expected;             /* it was asked for, so it must come */
};

struct load_target {
	bool is_twinlens; /* it has a list of cameras, and answers pings */
	struct load_camera cameras[VIEWER_CAMERAS_MAX]; /* by the server's index */
	/* One for all cameras, or one for each: a viewer has a connection to each of them. */
	struct endpoint endpoints[VIEWER_CAMERAS_MAX];
	unsigned n_endpoints;
};

/*
 * Asks the server for its cameras, which may block for some seconds. 0; -EINVAL when the options do
 * not fit; another negative errno when the server cannot be used. err has the reason.
 */
int load_target_init(
	struct load_target *target, const struct load_options *options, struct error *err);

#endif
