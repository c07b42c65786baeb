#include "kernel/meminfo.h"

#include <errno.h>

#include "kernel/proc-text.h"

#define MEMINFO_SIZE 8192 /* 1.5 KiB on 6.12 */

static const char *const names[MEMINFO_FIELD_COUNT] = {
	[MEMINFO_TOTAL] = "MemTotal",
	[MEMINFO_AVAILABLE] = "MemAvailable",
};

void meminfo_parse(const char *text, struct meminfo *ret_info)
{
	*ret_info = (struct meminfo){0};
	for (int i = 0; i < MEMINFO_FIELD_COUNT; i++) {
		ret_info->has[i] = proc_text_find_bytes(text, names[i], &ret_info->bytes[i]);
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
