/* A file that readers find whole: the old one or the new one. */
#ifndef WATCH_REPLACE_H
#define WATCH_REPLACE_H

#include <stddef.h>

/*
 * Writes PATH.tmp and renames it. It is not synced: what it says is of now, not for after a crash.
 * 0 or a negative errno.
 */
int replace_file(const char *path, const char *data, size_t size);

#endif
