/*
 * /proc/buddyinfo: the free blocks of each node, zone and order; and the kernel's two measures of
 * fragmentation computed from them, with its integer arithmetic (mm/vmstat.c: unusable_free_index,
 * __fragmentation_index). debugfs shows the same, for root and with CONFIG_COMPACTION only.
 */
#ifndef KERNEL_BUDDYINFO_H
#define KERNEL_BUDDYINFO_H

#include <stddef.h>
#include <stdint.h>

#define BUDDY_ZONES_MAX     8
#define BUDDY_ORDERS_MAX    16 /* 11 mostly; arm64 with 64 KiB pages has 14 */
#define BUDDY_ZONE_NAME_MAX 16

struct buddy_zone {
	unsigned node;
	char name[BUDDY_ZONE_NAME_MAX];
	unsigned n_orders;
	uint64_t blocks[BUDDY_ORDERS_MAX]; /* free ones of 2^order pages */
};

struct buddyinfo {
	struct buddy_zone zones[BUDDY_ZONES_MAX];
	size_t n_zones; /* further zones are left out */
};

/* 0, or -EINVAL when text has no whole line. */
int buddyinfo_parse(const char *text, struct buddyinfo *ret_info);

/*
 * The share of the zone's free memory that lies in blocks too small for an allocation of this
 * order: 0 all of it is usable, 1 none. Thousandths.
 */
double buddy_zone_unusable(const struct buddy_zone *zone, unsigned order);

/*
 * Why an allocation of this order would fail: near 0 for lack of memory, near 1 because of
 * fragmentation; -1 when it would not fail. Thousandths.
 */
double buddy_zone_external(const struct buddy_zone *zone, unsigned order);

#endif
