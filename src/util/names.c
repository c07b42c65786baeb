#include "util/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int names_add(struct names *names, const char *name)
{
	char **items = reallocarray(names->items, names->n + 1, sizeof(*items));

	if (!items) {
		return -ENOMEM;
	}
	names->items = items;
	items[names->n] = strdup(name);
	if (!items[names->n]) {
		return -ENOMEM;
	}
	names->n++;
	return 0;
}

int names_add_once(struct names *names, const char *name)
{
	return names_contain(names, name) ? 0 : names_add(names, name);
}

bool names_contain(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->items[i], name) == 0) {
			return true;
		}
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *names)
{
	if (names->n > 1) {
		qsort(names->items, names->n, sizeof(names->items[0]), compare);
	}
}

void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		free(names->items[i]);
	}
	free(names->items);
	*names = (struct names){0};
}
