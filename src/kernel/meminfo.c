#include "kernel/meminfo.h"

#include <errno.h>
#include <math.h>

#include "kernel/proc-text.h"

#define MEMINFO_SIZE 8192 /* 1.5 KiB on 6.12 */

#define FIELD(field, name)                                                                         \
	{                                                                                          \
		name, offsetof(struct meminfo, bytes[field])                                       \
	}

static const struct proc_field fields[MEMINFO_FIELD_COUNT] = {
	FIELD(MEMINFO_TOTAL, "MemTotal"),
	FIELD(MEMINFO_AVAILABLE, "MemAvailable"),
	FIELD(MEMINFO_FREE, "MemFree"),
	FIELD(MEMINFO_BUFFERS, "Buffers"),
	FIELD(MEMINFO_CACHED, "Cached"),
	FIELD(MEMINFO_ANONYMOUS, "AnonPages"),
	FIELD(MEMINFO_SLAB, "Slab"),
	FIELD(MEMINFO_RECLAIMABLE, "SReclaimable"),
	FIELD(MEMINFO_KERNEL_STACK, "KernelStack"),
	FIELD(MEMINFO_PAGE_TABLES, "PageTables"),
	FIELD(MEMINFO_PER_CPU, "Percpu"),
	FIELD(MEMINFO_HUGETLB, "Hugetlb"),
	FIELD(MEMINFO_HUGE_PAGE, "Hugepagesize"),
	FIELD(MEMINFO_CMA_TOTAL, "CmaTotal"),
	FIELD(MEMINFO_CMA_FREE, "CmaFree"),
};

void meminfo_parse(const char *text, struct meminfo *ret_info)
{
	proc_fields_parse(text, fields, MEMINFO_FIELD_COUNT, ret_info);
	for (int i = 0; i < MEMINFO_FIELD_COUNT; i++) {
		ret_info->has[i] = ret_info->bytes[i] != PROC_ABSENT;
		if (!ret_info->has[i]) {
			ret_info->bytes[i] = 0;
		}
	}
}

int meminfo_read(const struct sysroot *root, struct meminfo *ret_info)
{
	char text[MEMINFO_SIZE];

	int r = sysroot_read(root, "/proc/meminfo", text, sizeof(text));
	if (r < 0) {
		return r;
	}
	meminfo_parse(text, ret_info);
	return 0;
}

int meminfo_read_field(const struct sysroot *root, enum meminfo_field field, uint64_t *ret_bytes)
{
	struct meminfo info;

	int r = meminfo_read(root, &info);
	if (r < 0) {
		return r;
	}
	if (!info.has[field]) {
		return -ENOENT;
	}
	*ret_bytes = info.bytes[field];
	return 0;
}

double meminfo_used_percent(const struct meminfo *info)
{
	double total = (double)info->bytes[MEMINFO_TOTAL] - (double)info->bytes[MEMINFO_HUGETLB];

	if (!info->has[MEMINFO_AVAILABLE] || total <= 0) {
		return NAN;
	}
	return 100 * (total - (double)info->bytes[MEMINFO_AVAILABLE]) / total;
}

uint64_t meminfo_unaccounted_bytes(const struct meminfo *info, uint64_t zsmalloc_bytes)
{
	static const enum meminfo_field accounted[] = {MEMINFO_FREE, MEMINFO_BUFFERS,
		MEMINFO_CACHED, MEMINFO_ANONYMOUS, MEMINFO_SLAB, MEMINFO_KERNEL_STACK,
		MEMINFO_PAGE_TABLES, MEMINFO_PER_CPU, MEMINFO_HUGETLB};
	uint64_t sum = zsmalloc_bytes;

	for (size_t i = 0; i < sizeof(accounted) / sizeof(accounted[0]); i++) {
		sum += info->bytes[accounted[i]];
	}
	return info->bytes[MEMINFO_TOTAL] > sum ? info->bytes[MEMINFO_TOTAL] - sum : 0;
}
