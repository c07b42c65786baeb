/* Files that must not be torn by a crash or a power cut. Real paths, or those of a sysroot. */
#ifndef SYSTEM_FOLDER_H
#define SYSTEM_FOLDER_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Makes the folder and those above it, 0755, durably. ret_made (PATH_MAX bytes, or NULL): the
 * topmost one that was made, "" when it was there. 0 or a negative errno.
 */
int folder_make(const char *path, char *ret_made);

/* Opens the folder that a path lies in. A descriptor, or a negative errno. */
int folder_open_parent(const char *path);

/* Writes all of it. 0 or a negative errno; -EIO when the file takes no more. */
int folder_write_all(int fd, const char *data, size_t size);

/* fsync of the folder that path lies in. 0 or a negative errno. */
int folder_sync_parent(const char *path);

#endif
