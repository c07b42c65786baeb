/* What a zram device holds and costs: /sys/block/zramN/mm_stat and disksize. */
#ifndef KERNEL_ZRAM_STAT_H
#define KERNEL_ZRAM_STAT_H

#include <stdint.h>

struct zram_stat {
	uint64_t disk_bytes;       /* of the device, as swap sees it */
	uint64_t stored_bytes;     /* uncompressed, same-filled pages included */
	uint64_t same_bytes;       /* of it, pages filled with one value: they take no memory */
	uint64_t compressed_bytes; /* what the rest was compressed to */
	uint64_t memory_bytes;     /* zsmalloc's pages now; zramctl(8) shows the peak instead */
	uint64_t table_bytes; /* the slot table, 16 bytes a page of disk_bytes, taken when it is set
				 up */
};

/*
 * mm_stat has 7 columns, 8 since Linux 4.18 and 9 since 5.12. page_bytes is the machine's page
 * size. 0; -EINVAL when a text is not of the form; -ENODATA when the device is not set up.
 */
int zram_stat_parse(
	const char *mm_stat, const char *disksize, uint64_t page_bytes, struct zram_stat *ret_stat);

/* Adds what another device holds. */
void zram_stat_add(struct zram_stat *sum, const struct zram_stat *stat);

/* How many bytes were compressed to one, without same-filled pages; NAN when nothing is. */
double zram_stat_ratio(const struct zram_stat *stat);

#endif
