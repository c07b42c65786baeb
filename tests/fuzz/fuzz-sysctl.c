/*
 * A file of sysctl.d(5): key and value of its first line fit where they are put, and are one word
 * or line; of a pair each key is assigned once.
 */
#include "tune/sysctl/sysctl-files.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

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

static void try_order(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"vm.dirty_ratio", "vm.dirty_bytes"};
	struct sysctl_order order = {0};
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	sysctl_order_add(&order, "file", keys[0], keys[1], text, size);
	must(order.n <= 2);
	must(order.n < 2 || strcmp(order.settings[0].key, order.settings[1].key) != 0);
	for (size_t i = 0; i < order.n; i++) {
		must(strcmp(order.settings[i].key, keys[0]) == 0 ||
			strcmp(order.settings[i].key, keys[1]) == 0);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size);

	must(line != NULL);
	try_size(line, SYSCTL_VALUE_MAX);
	try_size(line, 2);
	free(line);
	try_order(data, size);
	return 0;
}
