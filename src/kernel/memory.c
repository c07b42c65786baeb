#include "kernel/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int memory_read(const struct sysroot *root, const char *name, uint64_t *ret_bytes)
{
	char text[8192];
	size_t length = strlen(name);

	int r = sysroot_read(root, "/proc/meminfo", text, sizeof(text));
	if (r < 0) {
		return r;
	}
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			*ret_bytes = (uint64_t)strtoull(line + length + 1, NULL, 10) << 10;
			return 0;
		}
	}
	return -ENOENT;
}
