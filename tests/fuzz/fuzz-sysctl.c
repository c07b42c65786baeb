/* A line of a file of sysctl.d(5): key and value fit where they are put, and are one word or line.
 */
#include "system/sysctl-files.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds) {
		abort();
	}
}

static void try_size(const char *line, size_t size)
{
	char *key = malloc(size), *value = malloc(size);

	must(key && value);
	if (sysctl_line_parse(line, key, value, size)) {
		must(memchr(key, '\0', size) && memchr(value, '\0', size));
		must(key[0] && !strchr(key, '/') && !strchr(key, '='));
		must(!strpbrk(value, "\r\n"));
		must(line[strspn(line, " \t")] != '#');
	}
	free(key);
	free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size);

	must(line != NULL);
	try_size(line, SYSCTL_VALUE_MAX);
	try_size(line, 2);
	free(line);
	return 0;
}
