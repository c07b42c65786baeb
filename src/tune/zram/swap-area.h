/* Makes a swap area on a block device, and enables it. */
#ifndef TUNE_ZRAM_SWAP_AREA_H
#define TUNE_ZRAM_SWAP_AREA_H

#include <stdint.h>

#define SWAP_UUID_SIZE 37

/* A random UUID, as text. 0 or a negative errno. */
int swap_uuid_make(char uuid[SWAP_UUID_SIZE]);

/*
 * Writes the header of a swap area of that size to a block device, as mkswap(8) does, durably, with
 * the device held exclusively. 0; -EBUSY when somebody else holds it; another negative errno.
 */
int swap_header_write(const char *path, uint64_t size_bytes, const char *uuid, const char *label);

/* The UUID of the area on a device; "" when there is none. 0 or a negative errno. */
int swap_header_read(const char *path, char uuid[SWAP_UUID_SIZE]);

/* 0 or a negative errno. priority: 0..32767. */
int swap_enable(const char *path, int priority);

#endif
