/* What explains a process: its mappings, its threads, and the addresses that it listens on. */
#include "kernel/process/smaps.h"

#include <string.h>

#include "kernel/process/listeners.h"
#include "kernel/process/tasks.h"
#include "tree.h"

static const char *const files[] = {
	"/proc/7/net/tcp",
	"/proc/7/net/tcp6",
	"/proc/7/task/8/comm",
	"/proc/7/task/8/stat",
	"/proc/7/task/8/status",
	"/proc/7/task/8/schedstat",
	"/proc/7/fd/3",
	"/proc/7/smaps",
};

static void check_mappings(const struct sysroot *root)
{
	_cleanup_smaps_ struct smaps smaps = {0};

	if (smaps_read(root, 7, "/usr/bin/x", &smaps) < 0) {
		return;
	}
	must(smaps.n > 0 && smaps.n <= SMAPS_MAPPINGS_MAX);
	for (size_t i = 0; i < smaps.n; i++) {
		const struct mapping *mapping = &smaps.mappings[i];
		must(mapping->end > mapping->start && mapping_bytes(mapping) > 0);
		must(memchr(mapping->name, '\0', sizeof(mapping->name)) != NULL);
		must(strlen(mapping->permissions) <= 4);
		must(mapping->kind < MAPPING_KIND_COUNT && mapping_kind_name(mapping->kind));
	}
}

static void check_threads(const struct sysroot *root)
{
	_cleanup_tasks_ struct tasks tasks = {0};

	if (tasks_read(root, 7, &tasks) == 0) {
		must(tasks.n == 1 && tasks.tasks[0].tid == 8);
		must(memchr(tasks.tasks[0].name, '\0', TASK_NAME_MAX) != NULL);
		must(tasks_find(&tasks, &tasks.tasks[0]) == &tasks.tasks[0]);
	}
}

static void check_listeners(const struct sysroot *root)
{
	struct listeners listeners;

	if (listeners_read(root, 7, &listeners) == 0) {
		must(listeners.n <= LISTENERS_MAX);
		for (size_t i = 0; i < listeners.n; i++) {
			int family = listeners.addresses[i].ss_family;
			must(family == AF_INET || family == AF_INET6);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sysroot *root;

	if (!root) {
		root = tree_make(files, sizeof(files) / sizeof(files[0]));
		tree_link("/proc/7/fd/4", "socket:[77]");
	}
	tree_fill(data, size);
	check_mappings(root);
	check_threads(root);
	check_listeners(root);
	return 0;
}
