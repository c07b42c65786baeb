#include "kernel/zram-stat.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "kernel/proc-text.h"

#define COLUMNS    7
#define SLOT_BYTES 16 /* struct zram_table_entry, 64-bit kernels */

enum column {
	COLUMN_STORED,
	COLUMN_COMPRESSED,
	COLUMN_MEMORY,
	COLUMN_SAME = 5,
};

int zram_stat_parse(
	const char *mm_stat, const char *disksize, uint64_t page_bytes, struct zram_stat *ret_stat)
{
	uint64_t columns[COLUMNS], disk_bytes, same_bytes;

	for (size_t i = 0; i < COLUMNS; i++) {
		if (proc_number_parse(&mm_stat, &columns[i]) < 0) {
			return -EINVAL;
		}
	}
	if (proc_number_parse(&disksize, &disk_bytes) < 0 || *disksize != '\n' ||
		__builtin_mul_overflow(columns[COLUMN_SAME], page_bytes, &same_bytes)) {
		return -EINVAL;
	}
	if (disk_bytes == 0) {
		return -ENODATA;
	}
	*ret_stat = (struct zram_stat){
		.disk_bytes = disk_bytes,
		.stored_bytes = columns[COLUMN_STORED],
		.same_bytes = same_bytes,
		.compressed_bytes = columns[COLUMN_COMPRESSED],
		.memory_bytes = columns[COLUMN_MEMORY],
		.table_bytes = disk_bytes / page_bytes * SLOT_BYTES,
	};
	return 0;
}

void zram_stat_add(struct zram_stat *sum, const struct zram_stat *stat)
{
	sum->disk_bytes += stat->disk_bytes;
	sum->stored_bytes += stat->stored_bytes;
	sum->same_bytes += stat->same_bytes;
	sum->compressed_bytes += stat->compressed_bytes;
	sum->memory_bytes += stat->memory_bytes;
	sum->table_bytes += stat->table_bytes;
}

double zram_stat_ratio(const struct zram_stat *stat)
{
	if (stat->compressed_bytes == 0 || stat->stored_bytes < stat->same_bytes) {
		return NAN;
	}
	return (double)(stat->stored_bytes - stat->same_bytes) / (double)stat->compressed_bytes;
}
