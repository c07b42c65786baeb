#include "kernel/cpu.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void test_parses_times(void **state)
{
	(void)state;
	struct cpu_stat stat;

	assert_int_equal(cpu_stat_parse("cpu  10 20 30 400 50 6 7 8 9 1\n"
					"cpu1 1 2 3 4 5 6 7 8 0 0\ncpu40 1 1 1 1 1 1 1 1\n"
					"cpu2 1 2\nintr 5 4 3\n",
				 &stat),
		0);
	assert_int_equal(stat.all.busy, 10 + 20 + 30 + 6 + 7 + 8);
	assert_int_equal(stat.all.total, stat.all.busy + 400 + 50);
	assert_int_equal(stat.cpus[0].total, 0);
	assert_int_equal(stat.cpus[1].total, 36);
	assert_int_equal(stat.cpus[2].total, 0);
	assert_int_equal(cpu_stat_parse("cpu0 1 2 3 4 5 6 7 8\n", &stat), -EINVAL);
	assert_int_equal(cpu_stat_parse("cpu  1 2 3 4 5 6 7 8", &stat), -EINVAL);
}

static void test_computes_the_busy_share(void **state)
{
	(void)state;
	const struct cpu_times before = {.busy = 10, .total = 100};

	assert_true(
		cpu_busy_percent(&before, &(struct cpu_times){.busy = 15, .total = 120}) == 25.0);
	assert_true(isnan(cpu_busy_percent(&before, &before)));
	assert_true(isnan(cpu_busy_percent(&before, &(struct cpu_times){.busy = 9, .total = 120})));
	assert_true(isnan(cpu_busy_percent(&(struct cpu_times){0}, &before)));
}

static void test_reads_zones_of_the_processor_only(void **state)
{
	(void)state;
	struct cpu_sensors sensors;

	tree_write(&tree, "/sys/class/thermal/thermal_zone0/type", "gpu-thermal\n");
	tree_write(&tree, "/sys/class/thermal/thermal_zone0/temp", "70000\n");
	cpu_sensors_open(&sensors, &tree.root);
	assert_true(cpu_sensors_read_celsius(&sensors) == 70.0); /* there is no other */
	assert_true(isnan(cpu_sensors_read_frequency_hz(&sensors)));
	cpu_sensors_close(&sensors);

	tree_write(&tree, "/sys/class/thermal/thermal_zone2/type", "littlecore-thermal\n");
	tree_write(&tree, "/sys/class/thermal/thermal_zone2/temp", "-1500\n");
	cpu_sensors_open(&sensors, &tree.root);
	assert_true(cpu_sensors_read_celsius(&sensors) == -1.5);
	tree_write(&tree, "/sys/class/thermal/thermal_zone2/temp", "\n");
	assert_true(isnan(cpu_sensors_read_celsius(&sensors)));
	cpu_sensors_close(&sensors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parses_times),
		cmocka_unit_test(test_computes_the_busy_share),
		tree_test(test_reads_zones_of_the_processor_only, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
