#include "simulate/charge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/swap.h"
#include "kernel/zram-stat.h"

static int read_column(
	const struct sysroot *root, const char *device, const char *name, char *text, size_t size)
{
	char path[SWAP_PATH_MAX + 32];

	snprintf(path, sizeof(path), "/sys/block/%s/%s", device, name);
	int r = sysroot_read(root, path, text, size - 1);
	if (r == 0) {
		strcat(text, "\n"); /* sysroot_read took it */
	}
	return r;
}

/* Adds the device when it is one of zram. */
static int add_device(const struct sysroot *root, const char *device, struct zram_stat *sum)
{
	char mm_stat[256], disksize[32];
	struct zram_stat stat;

	if (strncmp(device, "zram", 4) != 0) {
		return 0;
	}
	int r = read_column(root, device, "mm_stat", mm_stat, sizeof(mm_stat));
	if (r == 0) {
		r = read_column(root, device, "disksize", disksize, sizeof(disksize));
	}
	if (r == 0) {
		r = zram_stat_parse(mm_stat, disksize, (uint64_t)sysconf(_SC_PAGESIZE), &stat);
	}
	if (r == 0) {
		zram_stat_add(sum, &stat);
	}
	return r == -ENOENT || r == -ENODATA ? 0 : r; /* it is just being given up */
}

int charge_read(const struct sysroot *root, uint64_t swap_bytes, struct charge *ret_charge)
{
	struct zram_stat sum = {0};
	struct swap_list list;
	uint64_t used_bytes = 0;

	int r = swap_list_init(&list, root);
	if (r == -ENOENT) {
		*ret_charge = (struct charge){.ratio = NAN};
		return 0;
	}
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < list.n && r == 0; i++) {
		used_bytes += list.areas[i].used_bytes;
		r = add_device(root, swap_area_device(&list.areas[i]), &sum);
	}
	swap_list_done(&list);
	if (r < 0) {
		return r;
	}
	double share = used_bytes > 0 ? (double)swap_bytes / (double)used_bytes : 0;
	*ret_charge = (struct charge){
		.bytes = (uint64_t)((double)(sum.memory_bytes + sum.table_bytes) * fmin(share, 1)),
		.ratio = zram_stat_ratio(&sum),
	};
	return 0;
}
