/* Unit files as they lie on the disk, for what cannot or need not ask systemd. */
#ifndef SYSTEMD_UNIT_FILE_H
#define SYSTEMD_UNIT_FILE_H

#include <stdbool.h>

#include "util/sysroot.h"

#define UNIT_FILE_FOLDER  "/etc/systemd/system" /* the administrator's, before all others */
#define UNIT_FILE_RUNTIME "/run/systemd/system" /* gone at the next start */

/* Whether the file at path masks its unit, as systemd sees it: a link to /dev/null, or empty. */
bool unit_file_is_masked(const struct sysroot *root, const char *path);

/*
 * Calls is_wanted with data for the path of each *.conf in a folder that is not hidden, until it
 * returns true. Whether it did; false when there is no such folder.
 */
bool unit_file_find_conf(const struct sysroot *root, const char *folder,
	bool (*is_wanted)(const struct sysroot *root, const char *path, void *data), void *data);

/* Whether a target wants or requires the unit when the machine starts, and it is not masked. */
bool unit_file_is_enabled(const struct sysroot *root, const char *unit);

#endif
