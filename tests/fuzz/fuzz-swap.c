/* What giving up swap is judged by: /proc/swaps, /proc/meminfo, and the limits of cgroups. */
#include "tune/zram/swap-disable.h"

#include <string.h>

#include "kernel/memory-limit.h"
#include "tree.h"

static const char *const files[] = {
	"/proc/swaps",
	"/proc/meminfo",
	"/sys/fs/cgroup/a/memory.max",
	"/sys/fs/cgroup/a/memory.current",
	"/sys/fs/cgroup/a/memory.swap.current",
	"/sys/fs/cgroup/a/memory.stat",
	"/sys/fs/cgroup/memory/b/memory.limit_in_bytes",
	"/sys/fs/cgroup/memory/b/memory.usage_in_bytes",
	"/sys/fs/cgroup/memory/b/memory.stat",
};

static void check_area(
	const struct sysroot *root, const struct swap_list *list, const struct swap_area *area)
{
	const char *device = swap_area_device(area);
	struct swap_fit fit;

	must(area->path[0] && memchr(area->path, '\0', sizeof(area->path)));
	must(!strchr(device, '/'));
	must(!area->is_device || swap_list_find(list, device));
	if (swap_fit_init(&fit, root, area, 0) == 0) {
		must(fit.used == area->used_bytes);
		must(!swap_fit_holds(&fit) || fit.used <= fit.available);
	}
}

static void check_limit(const struct sysroot *root, uint64_t used_bytes)
{
	struct memory_limit limit;

	if (memory_limit_find(root, used_bytes, &limit) > 0) {
		must(strncmp(limit.path, "/sys/fs/cgroup/", 15) == 0);
		must(limit.swapped > 0 && limit.swapped <= used_bytes);
		must(limit.used > limit.max || limit.swapped > limit.max - limit.used);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sysroot *root;
	struct swap_list list;

	if (!root) {
		root = tree_make(files, sizeof(files) / sizeof(files[0]));
	}
	tree_fill(data, size);
	if (swap_list_init(&list, root) == 0) {
		for (size_t i = 0; i < list.n; i++) {
			check_area(root, &list, &list.areas[i]);
		}
		swap_list_done(&list);
	}
	check_limit(root, 1 << 20);
	check_limit(root, UINT64_MAX);
	return 0;
}
