#include "kernel/buddyinfo.h"

#include <errno.h>
#include <string.h>

#include "kernel/proc-text.h"

#define BLOCKS_MAX (UINT64_C(1) << 36) /* keeps 1000 times the pages of a zone within 64 bits */

/* "Node 0, zone   Normal   4203   2705 ...\n" */
static int parse_line(const char *line, struct buddy_zone *ret_zone)
{
	static const char node_word[] = "Node ", zone_word[] = ", zone";
	struct buddy_zone zone = {0};
	uint64_t node;

	if (strncmp(line, node_word, strlen(node_word)) != 0) {
		return -EINVAL;
	}
	line += strlen(node_word);
	if (proc_number_parse(&line, &node) < 0 || node > 1023 ||
		strncmp(line, zone_word, strlen(zone_word)) != 0) {
		return -EINVAL;
	}
	line += strlen(zone_word);
	line += strspn(line, " ");
	size_t length = strcspn(line, " \n");
	if (length == 0 || length >= sizeof(zone.name)) {
		return -EINVAL;
	}
	memcpy(zone.name, line, length);
	line += length;
	zone.node = (unsigned)node;
	while (zone.n_orders < BUDDY_ORDERS_MAX) {
		uint64_t blocks;
		if (proc_number_parse(&line, &blocks) < 0) {
			break;
		}
		if (blocks > BLOCKS_MAX) {
			return -ERANGE;
		}
		zone.blocks[zone.n_orders++] = blocks;
	}
	if (zone.n_orders == 0) {
		return -EINVAL;
	}
	*ret_zone = zone;
	return 0;
}

int buddyinfo_parse(const char *text, struct buddyinfo *ret_info)
{
	const char *end;

	ret_info->n_zones = 0;
	for (const char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		if (ret_info->n_zones < BUDDY_ZONES_MAX &&
			parse_line(line, &ret_info->zones[ret_info->n_zones]) == 0) {
			ret_info->n_zones++;
		}
	}
	return ret_info->n_zones > 0 ? 0 : -EINVAL;
}

struct blocks_sum {
	uint64_t pages, blocks;
	uint64_t suitable; /* blocks of the order that the free ones would make */
};

static struct blocks_sum sum_blocks(const struct buddy_zone *zone, unsigned order)
{
	struct blocks_sum sum = {0};

	for (unsigned i = 0; i < zone->n_orders; i++) {
		sum.blocks += zone->blocks[i];
		sum.pages += zone->blocks[i] << i;
		if (i >= order) {
			sum.suitable += zone->blocks[i] << (i - order);
		}
	}
	return sum;
}

double buddy_zone_unusable(const struct buddy_zone *zone, unsigned order)
{
	const struct blocks_sum sum = sum_blocks(zone, order);

	if (sum.pages == 0) {
		return 1.0;
	}
	uint64_t unusable_pages = sum.pages - (sum.suitable << order);
	return (double)(unusable_pages * 1000 / sum.pages) / 1000.0;
}

double buddy_zone_external(const struct buddy_zone *zone, unsigned order)
{
	const struct blocks_sum sum = sum_blocks(zone, order);

	if (sum.blocks == 0) {
		return 0.0;
	}
	if (sum.suitable > 0) {
		return -1.0;
	}
	uint64_t requested = UINT64_C(1) << order;
	uint64_t scaled = (1000 + sum.pages * 1000 / requested) / sum.blocks;
	return (1000.0 - (double)scaled) / 1000.0;
}
