#include "kernel/command-line.h"

#include <stdio.h>
#include <string.h>

void command_line_read_mem(const struct sysroot *root, char *ret_value, size_t size)
{
	char text[4096] = " ";
	const char *found;

	ret_value[0] = '\0';
	if (sysroot_read(root, "/proc/cmdline", text + 1, sizeof(text) - 1) == 0 &&
		(found = strstr(text, " mem="))) {
		found += strlen(" mem=");
		snprintf(ret_value, size, "%.*s", (int)strcspn(found, " "), found);
	}
}
