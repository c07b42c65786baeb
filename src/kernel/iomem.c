#include "kernel/iomem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

/* "00100000-bfffffff : System RAM". Lines of what lies within another range are indented. */
static bool parse_line(const char *line, uint64_t *ret_first, uint64_t *ret_bytes)
{
	uint64_t first, last;
	int end = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : %n", &first, &last, &end) != 2 || end == 0 ||
		line[0] == ' ' || strcmp(line + end, "System RAM\n") != 0 || last <= first) {
		return false;
	}
	*ret_first = first;
	*ret_bytes = last - first + 1;
	return true;
}

/* Adds up to ram_bytes; ret_end is the address behind the last of them. */
static int add_ram(
	const struct sysroot *root, uint64_t ram_bytes, uint64_t *ret_bytes, uint64_t *ret_end)
{
	uint64_t sum = 0, first, bytes;
	char line[256];

	_cleanup_file_ FILE *file = sysroot_open_file(root, "/proc/iomem");
	if (!file) {
		return -errno;
	}
	while (sum < ram_bytes && fgets(line, sizeof(line), file)) {
		if (!parse_line(line, &first, &bytes)) {
			continue;
		}
		bytes = bytes < ram_bytes - sum ? bytes : ram_bytes - sum;
		sum += bytes;
		*ret_end = first + bytes;
	}
	*ret_bytes = sum;
	return ferror(file) ? -EIO : 0;
}

int iomem_read_ram(const struct sysroot *root, uint64_t *ret_bytes)
{
	uint64_t bytes, end;
	int r = add_ram(root, UINT64_MAX, &bytes, &end);

	if (r < 0) {
		return r;
	}
	if (bytes == 0) {
		return -ENODATA;
	}
	*ret_bytes = bytes;
	return 0;
}

int iomem_find_end(const struct sysroot *root, uint64_t ram_bytes, uint64_t *ret_address)
{
	uint64_t bytes, end = 0;
	int r = add_ram(root, ram_bytes, &bytes, &end);

	if (r < 0) {
		return r;
	}
	if (bytes < ram_bytes) {
		return -ERANGE;
	}
	*ret_address = end;
	return 0;
}
