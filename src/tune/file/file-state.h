/* What lies at a path, as JSON that it can be put back from. */
#ifndef TUNE_FILE_FILE_STATE_H
#define TUNE_FILE_FILE_STATE_H

#include <jansson.h>
#include <stdbool.h>

#include "util/sysroot.h"

/*
 *     {"type":"absent","made":"/etc/a"}    made: the topmost folder on the way that is missing, or
 * ""
 *     {"type":"link","target":"..."}
 *     {"type":"file","text":"..." or "hex":"...","mode":420,"uid":0,"gid":0,"mtime":[s,ns]}
 *
 * 0; -ENOTSUP for a folder or a device; -EFBIG for a large file; another negative errno.
 */
int file_state_read(const struct sysroot *root, const char *path, json_t **ret_state);

/* Whether both are of the same type, content, and, where both say them, mode and owner. */
bool file_state_is_equal(const json_t *a, const json_t *b);

/*
 * Makes the path so, atomically and durably: from a temporary file beside it, whose name is always
 * the same, so that what a killed run left is found. 0 or a negative errno.
 */
int file_state_write(const struct sysroot *root, const char *path, const json_t *state);

/* Whether a killed run left its temporary file, or folders that it made for nothing. */
bool file_state_has_leftovers(const struct sysroot *root, const char *path, const json_t *state);

#endif
