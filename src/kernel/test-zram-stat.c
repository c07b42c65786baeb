#include "kernel/zram-stat.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_parses_each_number_of_columns(void **state)
{
	(void)state;
	static const char *const texts[] = {"  8192 1024 4096 0 8192 1 0\n",
		"  8192 1024 4096 0 8192 1 0 7\n", "  8192 1024 4096 0 8192 1 0 7 9\n"};
	struct zram_stat stat;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(zram_stat_parse(texts[i], "1073741824\n", 4096, &stat), 0);
		assert_int_equal(stat.stored_bytes, 8192);
		assert_int_equal(stat.same_bytes, 4096);
		assert_int_equal(stat.compressed_bytes, 1024);
		assert_int_equal(stat.memory_bytes, 4096);
		assert_int_equal(stat.table_bytes, 4 << 20);
		assert_true(zram_stat_ratio(&stat) == 4.0);
	}
}

static void test_refuses_other_text(void **state)
{
	(void)state;
	struct zram_stat stat;

	assert_int_equal(zram_stat_parse("1 2 3 4 5 6", "4096\n", 4096, &stat), -EINVAL);
	assert_int_equal(zram_stat_parse("1 2 3 4 5 6 7\n", "4096", 4096, &stat), -EINVAL);
	assert_int_equal(
		zram_stat_parse("1 2 3 4 5 18446744073709551615 7\n", "4096\n", 4096, &stat),
		-EINVAL);
	assert_int_equal(zram_stat_parse("0 0 0 0 0 0 0\n", "0\n", 4096, &stat), -ENODATA);
}

static void test_has_no_ratio_of_nothing(void **state)
{
	(void)state;
	const struct zram_stat empty = {.disk_bytes = 4096};
	struct zram_stat sum = {.stored_bytes = 8, .compressed_bytes = 2};

	assert_true(isnan(zram_stat_ratio(&empty)));
	zram_stat_add(&sum, &(struct zram_stat){.stored_bytes = 4, .compressed_bytes = 4});
	assert_true(zram_stat_ratio(&sum) == 2.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses_each_number_of_columns),
		cmocka_unit_test(test_refuses_other_text),
		cmocka_unit_test(test_has_no_ratio_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
