/*
 * The state file of a soak: records of one size, appended, each with a checksum. A kill loses at
 * most the record that is being written, and a power cut none that was appended before: each append
 * is on the disk when it returns.
 */
#ifndef SOAK_SAMPLES_H
#define SOAK_SAMPLES_H

#include <stddef.h>

#include "soak/sample.h"
#include "util/error.h"

/*
 * Opens the file for appending; makes it when there is none. A torn record at the end is cut off. A
 * descriptor; -EBADMSG: the file is not of this version and machine; another negative errno.
 */
int samples_open(const char *path, struct error *err);

/* 0 or a negative errno; -ENOSPC leaves the file as it was. */
int samples_append(int fd, const struct soak_sample *sample);

/* All records of a file, mapped: valid until samples_unmap, whatever is appended meanwhile. */
struct samples {
	const void *map;
	size_t map_bytes;
	size_t n; /* records, damaged ones among them */
};

/* 0; -EBADMSG as samples_open; -ENOENT; another negative errno. */
int samples_map(const char *path, struct samples *ret_samples, struct error *err);
void samples_unmap(struct samples *samples);

/* Returns false when the record is damaged. index < n. */
bool samples_get(const struct samples *samples, size_t index, struct soak_sample *ret_sample);

#endif
