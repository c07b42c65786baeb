#include "tune/zram/zram-foreign.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kernel/memory-limit.h"
#include "util/parse.h"

#define HEADER_MAX (UINT64_C(64) << 10) /* the largest page of any kernel for ARM */

static int list_swaps(const struct machine *machine, struct swap_list *swaps, struct error *err)
{
	int r = swap_list_init(swaps, machine->root);

	return r < 0 && r != -ENOENT ? error_set(err, r, "/proc/swaps: %s", error_name(r)) : 0;
}

static bool is_zram(const struct swap_area *area)
{
	return area->is_device && strncmp(swap_area_device(area), "zram", 4) == 0;
}

/* Without a figure, nothing comes back from it. */
static uint64_t read_memory(const struct machine *machine, const struct swap_area *area)
{
	uint64_t number, bytes;

	return parse_u64(swap_area_device(area) + strlen("zram"), 0, INT_MAX, &number) == 0 &&
			       zram_device_memory(machine->root, (int)number, &bytes) == 0
		       ? bytes
		       : 0;
}

static void add(const struct machine *machine, struct zram_foreign *foreign,
	const struct swap_area *area, const char **path)
{
	if (foreign->n == 0) {
		*path = area->path;
	}
	if (foreign->n == 0 || area->priority < foreign->priority) {
		foreign->priority = area->priority;
	}
	foreign->size_bytes += area->size_bytes + HEADER_MAX;
	foreign->used_bytes += area->used_bytes;
	foreign->compressed_bytes += read_memory(machine, area);
	foreign->n++;
}

static void describe(struct zram_foreign *foreign, const char *path)
{
	char size[32], more[32] = "";

	zram_format_size(foreign->size_bytes - foreign->n * HEADER_MAX, size, sizeof(size));
	if (foreign->n > 1) {
		snprintf(more, sizeof(more), " and %zu more,", foreign->n - 1);
	}
	change_text(foreign->text, sizeof(foreign->text), "%.60s%s %s prio %d", path, more, size,
		foreign->priority);
}

int zram_foreign_find(const struct machine *machine, const struct journal_entry *entry,
	struct zram_foreign *ret_foreign, struct error *err)
{
	struct zram_foreign foreign = {.n = 0};
	struct swap_list swaps;
	struct zram_device ours;
	char name[ZRAM_PATH_MAX] = "";
	const char *path = "";

	int r = list_swaps(machine, &swaps, err);
	if (r < 0) {
		return r;
	}
	if (entry && zram_find_ours(machine, entry, &ours) > 0) {
		snprintf(name, sizeof(name), "zram%d", ours.number);
	}
	for (size_t i = 0; i < swaps.n; i++) {
		const struct swap_area *area = &swaps.areas[i];
		if (is_zram(area) && strcmp(swap_area_device(area), name) != 0) {
			add(machine, &foreign, area, &path);
		}
	}
	describe(&foreign, path);
	swap_list_done(&swaps);
	*ret_foreign = foreign;
	return 0;
}

int zram_foreign_fits(const struct machine *machine, const struct zram_foreign *foreign, char *text,
	size_t size, struct error *err)
{
	const struct swap_area all = {.used_bytes = foreign->used_bytes};
	struct memory_limit limit;
	struct swap_fit fit;

	int r = swap_fit_init(&fit, machine->root, &all, foreign->compressed_bytes);
	if (r < 0) {
		return error_set(err, r, "/proc/meminfo: %s", error_name(r));
	}
	if (!swap_fit_holds(&fit)) {
		zram_tell_misfit(&fit, text, size);
		return 0;
	}
	r = memory_limit_find(machine->root, foreign->used_bytes, &limit);
	if (r < 0) {
		return error_set(err, r, "the limits of the cgroups: %s", error_name(r));
	}
	if (r > 0) {
		zram_tell_limit(&limit, text, size);
	}
	return r == 0;
}

int zram_tell_rival(
	const struct machine *machine, int priority, char *text, size_t size, struct error *err)
{
	const struct swap_area *first = NULL;
	struct swap_list swaps;

	int r = list_swaps(machine, &swaps, err);
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < swaps.n; i++) {
		const struct swap_area *area = &swaps.areas[i];
		if (!is_zram(area) && area->priority >= priority &&
			(!first || area->priority > first->priority)) {
			first = area;
		}
	}
	text[0] = '\0';
	if (first) {
		change_text(text, size, "%s has %spriority %d, and so is filled %s", first->path,
			first->priority > priority ? "" : "the same ", first->priority,
			first->priority > priority ? "before" : "along with it");
	}
	swap_list_done(&swaps);
	return 0;
}
