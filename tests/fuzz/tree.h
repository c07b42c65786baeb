/* A machine for what reads /proc and /sys: its files hold the input. */
#ifndef FUZZ_TREE_H
#define FUZZ_TREE_H

#include "fuzz.h"
#include "util/sysroot.h"

#define TREE_FILES_MAX 16

/* Makes the files, empty, in a temporary folder that goes when the process ends. Once. */
const struct sysroot *tree_make(const char *const *paths, size_t n);

/* Gives the files, in their order, what stands between the form feeds of data; the last one gets
 * all that is left. */
void tree_fill(const uint8_t *data, size_t size);

/* Makes a symbolic link, whatever its target is. */
void tree_link(const char *path, const char *target);

/* Writes a file that is not of the input. */
void tree_put(const char *path, const char *text);

#endif
