#include "kernel/memory-limit.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/parse.h"

#define STAT_SIZE 8192

/* See cgroup-v2 and cgroup-v1/memory of the kernel's documentation. All count the cgroups below. */
struct hierarchy {
	const char *folder;
	const char *max, *current;
	const char *swap_file, *swap_stat; /* either a file of its own, or a line of memory.stat */
	const char *cache_stat;
};

static const struct hierarchy hierarchies[] = {
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", NULL,
		"\ntotal_swap ", "\ntotal_inactive_file "},
	{"/sys/fs/cgroup", "memory.max", "memory.current", "memory.swap.current", NULL,
		"\ninactive_file "},
};

static int read_file(
	const struct sysroot *root, const char *folder, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path)) {
		return -ENAMETOOLONG;
	}
	return sysroot_read(root, path, text, size);
}

static int read_number(
	const struct sysroot *root, const char *folder, const char *name, uint64_t *ret_value)
{
	char text[32];
	int r = read_file(root, folder, name, text, sizeof(text));

	return r < 0 ? r : parse_u64(text, 0, UINT64_MAX, ret_value);
}

/* key is with the newline before and the blank after it. 0 or -ENOENT. */
static int find_stat(const char *stat, const char *key, uint64_t *ret_value)
{
	const char *line = strstr(stat, key);

	return line && sscanf(line + strlen(key), "%" SCNu64, ret_value) == 1 ? 0 : -ENOENT;
}

/* 0; -ENOENT when the cgroup has no limit, or is gone. */
static int read_limit(const struct sysroot *root, const struct hierarchy *hierarchy,
	const char *folder, uint64_t used_bytes, struct memory_limit *ret_limit)
{
	struct memory_limit limit = {.swapped = used_bytes};
	char stat[STAT_SIZE] = "\n";
	uint64_t cache = 0, swapped;

	if (read_number(root, folder, hierarchy->max, &limit.max) < 0) {
		return -ENOENT; /* "max" */
	}
	int r = read_number(root, folder, hierarchy->current, &limit.used);
	if (r == 0) {
		r = read_file(root, folder, "memory.stat", stat + 1, sizeof(stat) - 1);
	}
	if (r < 0) {
		return r == -ENODEV ? -ENOENT : r; /* it went between open(2) and read(2) */
	}
	/* A kernel that does not count a cgroup's swap (swapaccount=0) has neither. */
	r = hierarchy->swap_file ? read_number(root, folder, hierarchy->swap_file, &swapped)
				 : find_stat(stat, hierarchy->swap_stat, &swapped);
	if (r == 0 && swapped < limit.swapped) {
		limit.swapped = swapped;
	}
	if (find_stat(stat, hierarchy->cache_stat, &cache) == 0 && cache < limit.used) {
		limit.used -= cache;
	}
	snprintf(limit.path, sizeof(limit.path), "%.200s/%s", folder, hierarchy->max);
	*ret_limit = limit;
	return 0;
}

static bool holds(const struct memory_limit *limit)
{
	return limit->swapped == 0 ||
	       (limit->used <= limit->max && limit->swapped <= limit->max - limit->used);
}

static int find_in(const struct sysroot *root, const struct hierarchy *hierarchy, const char *path,
	uint64_t used_bytes, struct memory_limit *ret_limit)
{
	char inner[PATH_MAX];

	int r = read_limit(root, hierarchy, path, used_bytes, ret_limit);
	if (r != -ENOENT && (r < 0 || !holds(ret_limit))) {
		return r < 0 ? r : 1;
	}
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, path);
	if (!folder) {
		return errno == ENOENT ? 0 : -errno;
	}
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.') {
			continue;
		}
		if ((size_t)snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >=
			sizeof(inner)) {
			return -ENAMETOOLONG;
		}
		r = find_in(root, hierarchy, inner, used_bytes, ret_limit);
		if (r != 0) {
			return r;
		}
	}
	return 0;
}

int memory_limit_find(
	const struct sysroot *root, uint64_t used_bytes, struct memory_limit *ret_limit)
{
	struct memory_limit limit;
	int r = 0;

	for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]) && r == 0; i++) {
		r = find_in(root, &hierarchies[i], hierarchies[i].folder, used_bytes, &limit);
	}
	if (r > 0) {
		*ret_limit = limit;
	}
	return r;
}
