/* A symbolic link that enables a unit: is it there, and put it back. */
#ifndef TUNE_SERVICE_SERVICE_LINK_H
#define TUNE_SERVICE_SERVICE_LINK_H

#include <limits.h>
#include <stdbool.h>

#include "util/error.h"
#include "util/sysroot.h"

enum service_link_state {
	SERVICE_LINK_THERE,
	SERVICE_LINK_GONE,
	SERVICE_LINK_OTHER, /* something else has that name: another link, a file */
};

/* 0, or a negative errno. */
int service_link_look(const struct sysroot *root, const char *path, const char *target,
	enum service_link_state *ret_state);

/* Whether there is something where a link at path with this target leads. */
bool service_link_leads(const struct sysroot *root, const char *path, const char *target);

/* Where a mask of the unit lies: a link to SERVICE_MASK. */
#define SERVICE_MASK "/dev/null"
void service_mask_path(const char *id, char path[static PATH_MAX]);

/* Whether the unit is masked there. 0, or a negative errno with err. */
int service_mask_look(
	const struct sysroot *root, const char *id, bool *ret_is_masked, struct error *err);

/*
 * Makes the link, durably, unless it is there. systemd removes a folder with its last link: that is
 * made, too. -EEXIST: something else has that name; it is left alone.
 */
int service_link_restore(
	const struct sysroot *root, const char *path, const char *target, struct error *err);

/*
 * Makes durable that it is there, or gone: systemd does not. A folder that went with its last link
 * is then gone for good, too.
 */
int service_link_sync(const struct sysroot *root, const char *path, struct error *err);

#endif
