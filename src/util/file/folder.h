/* Files that must not be torn by a crash or a power cut. Real paths, or those of a sysroot. */
#ifndef UTIL_FILE_FOLDER_H
#define UTIL_FILE_FOLDER_H

#include <stddef.h>

/* Makes the folder and those above it, 0755, durably. 0 or a negative errno. */
int folder_make(const char *path);

/* Opens the folder that a path lies in. A descriptor, or a negative errno. */
int folder_open_parent(const char *path);

/* fsync of the folder that path lies in. 0 or a negative errno. */
int folder_sync_parent(const char *path);

/*
 * Makes data the content of a file, 0644, durably: after a crash it has the old content or the new.
 * PATH.new is written on the way. 0 or a negative errno, and then the old content stays.
 */
int folder_replace_file(const char *path, const char *data, size_t size);

#endif
