#include "system/zram-foreign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static void add(struct zram_foreign *foreign, const struct swap_area *area, const char **path)
{
	if (foreign->n == 0) {
		*path = area->path;
	}
	if (foreign->n == 0 || area->priority < foreign->priority) {
		foreign->priority = area->priority;
	}
	foreign->size_bytes += area->size_bytes + HEADER_MAX;
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
			add(&foreign, area, &path);
		}
	}
	describe(&foreign, path);
	swap_list_done(&swaps);
	*ret_foreign = foreign;
	return 0;
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
