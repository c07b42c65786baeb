/* The frame rates of the cameras of a running server, from its /api/status. One thread. */
#ifndef PROFILE_RATES_H
#define PROFILE_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "client/url.h"
#include "util/error.h"

#define RATES_MAX 16

struct rates {
	size_t n;
	struct rate {
		char name[32];
		bool is_streaming;
		double fps; /* over the last second */
	} cameras[RATES_MAX];
};

/*
 * Where a process answers as a server: asks at each address that it listens on, for two seconds at
 * most. 0, or a negative errno with the reason.
 */
int rates_find_server(pid_t pid, struct url *ret_url, struct error *err);

/* Asks there. 0, or a negative errno with the reason. */
int rates_read(const struct url *url, struct rates *ret_rates, struct error *err);

/* The cameras of a status; an entry that is not of the form is left out. */
void rates_parse(const json_t *status, struct rates *ret_rates);

/* Whether each camera that was streaming before streams at 90 % of its rate or more. */
bool rates_are_back(const struct rates *before, const struct rates *now);

/* "cam0 29.9, cam1 30.0 frames/s", or that none is streaming. */
void rates_describe(const struct rates *rates, char *text, size_t size);

#endif
