/* The swap areas in use. */
#ifndef KERNEL_SWAP_H
#define KERNEL_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/sysroot.h"

#define SWAP_PATH_MAX 256

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

struct swap_totals {
	uint64_t size_bytes, used_bytes;
};

/* The sums of the text of /proc/swaps; a line that was cut is left out. */
void swap_totals_parse(const char *text, struct swap_totals *ret_totals);

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

#endif
