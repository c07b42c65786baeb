/* Swap areas: which are in use, making one, and giving one up only when that is proven to fit. */
#ifndef SYSTEM_SWAP_H
#define SYSTEM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"
#include "util/sysroot.h"

#define SWAP_PATH_MAX  256
#define SWAP_UUID_SIZE 37

struct swap_area {
	char path[SWAP_PATH_MAX]; /* as /proc/swaps has it: "/dev/zram0" */
	bool is_device;           /* rather than a file */
	uint64_t size_bytes, used_bytes;
	int priority;
};

struct swap_list {
	struct swap_area *areas;
	size_t n;
};

/* What /proc/swaps lists. 0 or a negative errno; without the file (no CONFIG_SWAP) -ENOENT. */
int swap_list_init(struct swap_list *list, const struct sysroot *root);
void swap_list_done(struct swap_list *list);

/*
 * The area on a block device, "zram0"; NULL when it is not in use. By the last part of its path: of
 * an area that a process in another mount namespace enabled, the kernel tells "/zram0".
 */
const struct swap_area *swap_list_find(const struct swap_list *list, const char *device);

/* "zram0" of "/dev/zram0". */
const char *swap_area_device(const struct swap_area *area);

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

/* What giving up an area takes, and what there is for it. All in bytes. */
struct swap_fit {
	uint64_t used;       /* of the area: pages that have to go somewhere */
	uint64_t available;  /* MemAvailable */
	uint64_t compressed; /* memory that the area itself holds and gives back */
	uint64_t margin;     /* what has to stay free */
};

/* compressed_bytes: of zram's mem_used_total, 0 for a disk. 0 or a negative errno. */
int swap_fit_init(struct swap_fit *fit, const struct sysroot *root, const struct swap_area *area,
	uint64_t compressed_bytes);
bool swap_fit_holds(const struct swap_fit *fit);

/* Why swapoff(2) was ended before it had ended itself. */
enum swap_ended {
	SWAP_ENDED_LATE = 1,
	SWAP_ENDED_SHORT, /* of memory */
};

/*
 * Gives up an area: swapoff(2) in a child process, which is killed when timeout_ns is over or
 * is_short (NULL for none) says so, which is asked with data every 20 ms; the kernel then keeps the
 * area. 0; an enum swap_ended; the negative errno of swapoff(2), or of what it takes to call it.
 */
int swap_disable(const char *path, uint64_t timeout_ns, bool (*is_short)(void *data), void *data);

#endif
