#include "tune/kinds.h"

#include <string.h>

/*
 * Services first: what they give back is there for the rest. zswap goes only when zram is there to
 * compress in its place. The page cache is dropped when all
 * else is done, and the boot unit comes last: a plan that was cut short is not applied again at
 * boot.
 */
const struct change_kind *const change_kinds[] = {
	&service_change_kind,
	&sysctl_change_kind,
	&file_change_kind,
	&zram_change_kind,
	&zswap_change_kind,
	&cache_change_kind,
	&boot_change_kind,
};

const size_t n_change_kinds = sizeof(change_kinds) / sizeof(change_kinds[0]);

const struct change_kind *change_kind_find(const char *name)
{
	for (size_t i = 0; i < n_change_kinds; i++) {
		if (strcmp(change_kinds[i]->name, name) == 0) {
			return change_kinds[i];
		}
	}
	return NULL;
}
