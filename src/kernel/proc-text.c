#include "kernel/proc-text.h"

#include <stdlib.h>
#include <string.h>

bool proc_text_find_bytes(const char *text, const char *name, uint64_t *ret_bytes)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			*ret_bytes = (uint64_t)strtoull(line + length + 1, NULL, 10) << 10;
			return true;
		}
	}
	return false;
}
