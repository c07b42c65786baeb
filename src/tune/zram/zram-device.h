/* zram devices, through /sys/block/zramN and /sys/class/zram-control. */
#ifndef TUNE_ZRAM_ZRAM_DEVICE_H
#define TUNE_ZRAM_ZRAM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/sysroot.h"

#define ZRAM_ALGORITHM_MAX  64
#define ZRAM_ALGORITHMS_MAX 512
#define ZRAM_PATH_MAX       32
#define ZRAM_NUMBER_SIZE    16

struct zram_device {
	int number;
	/* No two devices since boot have the same: diskseq, and before Linux 5.15 the number of its
	 * inode in sysfs, which is not given again either. */
	uint64_t sequence;
	uint64_t size_bytes; /* 0 when it is not configured */
	char algorithm[ZRAM_ALGORITHM_MAX];
	char algorithms[ZRAM_ALGORITHMS_MAX]; /* all that it takes, " lzo lz4 " */
};

/* "/dev/zram0" */
void zram_device_path(int number, char path[ZRAM_PATH_MAX]);

/* 0; -ENOENT when there is no such device; another negative errno. */
int zram_device_read(const struct sysroot *root, int number, struct zram_device *ret_device);

/* The numbers of all devices, ascending; at most max are told. How many, or a negative errno. */
int zram_device_list(const struct sysroot *root, int *numbers, size_t max);

/* How much memory a device holds, in bytes (mem_used_total of mm_stat). */
int zram_device_memory(const struct sysroot *root, int number, uint64_t *ret_bytes);

/* Whether the file of a new device can be expected in /dev: that is devtmpfs, or whoever sees to it
 * made one for a device that there is. */
bool zram_has_nodes(const struct sysroot *root);

/*
 * Makes a device. The kernel writes its number, as text of at most ZRAM_NUMBER_SIZE bytes, to the
 * new file claim, which is mapped, in the very call that makes it, and which no signal cuts short:
 * whenever the process is killed, the file has a number exactly when a device was made. The rest of
 * it is NUL. 0 or a negative errno.
 */
int zram_device_hot_add(const struct sysroot *root, const char *claim);

/*
 * Gives an unconfigured device the first of the algorithms that the kernel has, and its size, and
 * reads both back. 0 or a negative errno with err.
 */
int zram_device_configure(const struct sysroot *root, int number, const char *const *algorithms,
	size_t n_algorithms, uint64_t size_bytes, struct error *err);

/*
 * Frees its memory and removes it; tries again while udev or somebody else has it open, at most
 * timeout_ns. 0; -EBUSY; another negative errno.
 */
int zram_device_remove(const struct sysroot *root, int number, uint64_t timeout_ns);

#endif
