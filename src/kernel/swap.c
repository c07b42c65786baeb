#include "kernel/swap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define SWAPS_SIZE 16384
#define KIB_MAX    (INT64_MAX >> 10) /* what adds up in bytes with what else there is */

/* Blanks and backslashes in a path are written as octal numbers. */
static void unescape(const char *text, size_t length, char *path, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used < size - 1; i++) {
		if (text[i] == '\\' && strspn(text + i + 1, "01234567") >= 3) {
			const char digits[] = {text[i + 1], text[i + 2], text[i + 3], '\0'};
			path[used++] = (char)strtoul(digits, NULL, 8);
			i += 3;
		} else {
			path[used++] = text[i];
		}
	}
	path[used] = '\0';
}

/* Filename Type Size Used Priority, the sizes in KiB. */
static bool parse_line(const char *line, struct swap_area *area)
{
	size_t length = strcspn(line, " \t");
	unsigned long long size, used;
	char type[16];
	int priority;

	if (sscanf(line + length, "%15s %llu %llu %d", type, &size, &used, &priority) != 4) {
		return false;
	}
	if (size > KIB_MAX || used > KIB_MAX) {
		return false;
	}
	*area = (struct swap_area){.is_device = strcmp(type, "partition") == 0,
		.size_bytes = size << 10,
		.used_bytes = used << 10,
		.priority = priority};
	unescape(line, length, area->path, sizeof(area->path));
	return area->path[0];
}

void swap_totals_parse(const char *text, struct swap_totals *ret_totals)
{
	struct swap_totals totals = {0};
	const char *end;

	for (const char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		struct swap_area area;
		if (parse_line(line, &area)) {
			totals.size_bytes += area.size_bytes;
			totals.used_bytes += area.used_bytes;
		}
	}
	*ret_totals = totals;
}

int swap_list_init(struct swap_list *list, const struct sysroot *root)
{
	_cleanup_free_ char *text = malloc(SWAPS_SIZE);
	char *rest = NULL;

	*list = (struct swap_list){0};
	if (!text) {
		return -ENOMEM;
	}
	int r = sysroot_read(root, "/proc/swaps", text, SWAPS_SIZE);
	if (r < 0) {
		return r;
	}
	strtok_r(text, "\n", &rest); /* the heading */
	for (const char *line = strtok_r(NULL, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest)) {
		struct swap_area area;
		if (!parse_line(line, &area)) {
			continue;
		}
		struct swap_area *areas =
			reallocarray(list->areas, list->n + 1, sizeof(*list->areas));
		if (!areas) {
			swap_list_done(list);
			return -ENOMEM;
		}
		list->areas = areas;
		list->areas[list->n++] = area;
	}
	return 0;
}

void swap_list_done(struct swap_list *list)
{
	free(list->areas);
	*list = (struct swap_list){0};
}

const char *swap_area_device(const struct swap_area *area)
{
	const char *slash = strrchr(area->path, '/');

	return slash ? slash + 1 : area->path;
}

const struct swap_area *swap_list_find(const struct swap_list *list, const char *device)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct swap_area *area = &list->areas[i];
		if (area->is_device && strcmp(swap_area_device(area), device) == 0) {
			return area;
		}
	}
	return NULL;
}
