#include "kernel/buddyinfo.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/sysroot.h"

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void test_parses_zones(void **state)
{
	(void)state;
	struct buddyinfo info;

	assert_int_equal(buddyinfo_parse("Node 0, zone      DMA      1      2      3 \n"
					 "Node 1, zone   Normal  4 5\nNode 2, zone  Movable  6",
				 &info),
		0);
	assert_int_equal(info.n_zones, 2);
	assert_string_equal(info.zones[0].name, "DMA");
	assert_int_equal(info.zones[0].n_orders, 3);
	assert_int_equal(info.zones[0].blocks[2], 3);
	assert_int_equal(info.zones[1].node, 1);
	assert_int_equal(info.zones[1].n_orders, 2);
}

static void test_refuses_other_text(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "Node 0, zone DMA\n", "Node x, zone DMA 1\n",
		"Node 0, zone abcdefghijklmnop 1\n", "Node 0, zone DMA 99999999999999\n",
		"Node 5000, zone DMA 1\n", "zone DMA 1\n"};
	struct buddyinfo info;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(buddyinfo_parse(texts[i], &info), -EINVAL);
	}
}

/* By the kernel's formulas, worked out by hand. */
static void test_measures_fragmentation(void **state)
{
	(void)state;
	/* 10 + 2*4 + 4*1 = 22 pages in 15 blocks */
	const struct buddy_zone zone = {.n_orders = 4, .blocks = {10, 4, 1, 0}};
	const struct buddy_zone empty = {.n_orders = 4};

	assert_true(is_near(buddy_zone_unusable(&zone, 0), 0.0));
	assert_true(is_near(buddy_zone_unusable(&zone, 1), 0.454)); /* 10/22 */
	assert_true(is_near(buddy_zone_unusable(&zone, 2), 0.818)); /* 18/22 */
	assert_true(is_near(buddy_zone_unusable(&zone, 3), 1.0));
	assert_true(is_near(buddy_zone_external(&zone, 2), -1.0));
	/* 1000 - (1000 + 22*1000/8) / 15 = 1000 - 250 */
	assert_true(is_near(buddy_zone_external(&zone, 3), 0.75));
	assert_true(is_near(buddy_zone_unusable(&empty, 0), 1.0));
	assert_true(is_near(buddy_zone_external(&empty, 0), 0.0));
}

static void test_bears_the_largest_counts(void **state)
{
	(void)state;
	struct buddy_zone zone = {.n_orders = BUDDY_ORDERS_MAX};

	for (unsigned i = 0; i < BUDDY_ORDERS_MAX; i++) {
		zone.blocks[i] = UINT64_C(1) << 36;
	}
	for (unsigned order = 0; order < BUDDY_ORDERS_MAX; order++) {
		double unusable = buddy_zone_unusable(&zone, order);
		assert_true(unusable >= 0.0 && unusable <= 1.0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses_zones),
		cmocka_unit_test(test_refuses_other_text),
		cmocka_unit_test(test_measures_fragmentation),
		cmocka_unit_test(test_bears_the_largest_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
