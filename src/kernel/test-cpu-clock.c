#include "kernel/cpu-clock.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define FOLDER "/sys/devices/system/cpu/cpufreq/"

static void write_policy(const struct tree *tree, int number, const char *cpus, const char *highest,
	const char *times)
{
	const struct {
		const char *name, *text;
	} files[] = {{"related_cpus", cpus}, {"cpuinfo_max_freq", highest},
		{"stats/time_in_state", times}};
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), FOLDER "policy%d/%s", number, files[i].name);
		tree_write(tree, path, files[i].text);
	}
}

/* An RK3588: four small processors that stay slow, two pairs of big ones at their highest clock. */
static void test_clusters(void **state)
{
	const struct tree *tree = *state;
	struct cpu_clock before, after;

	write_policy(tree, 0, "0 1 2 3\n", "1800000\n", "408000 100\n1800000 50\n");
	write_policy(tree, 4, "4 5\n", "2400000\n", "408000 7\n2400000 0\n");
	write_policy(tree, 6, "6 7\n", "2400000\n", "408000 7\n2400000 0\n");
	assert_int_equal(cpu_clock_read(&tree->root, &before), 0);
	write_policy(tree, 0, "0 1 2 3\n", "1800000\n", "408000 200\n1800000 50\n");
	write_policy(tree, 4, "4 5\n", "2400000\n", "408000 7\n2400000 100\n");
	write_policy(tree, 6, "6 7\n", "2400000\n", "408000 7\n2400000 100\n");
	assert_int_equal(cpu_clock_read(&tree->root, &after), 0);
	double wanted = 100 * (4 * 0.408 + 4 * 2.4) / (4 * 1.8 + 4 * 2.4);
	assert_true(fabs(cpu_clock_percent(&before, &after) - wanted) < 1e-6);
	assert_true(isnan(cpu_clock_percent(&after, &after)));
}

static void test_no_cpufreq(void **state)
{
	const struct tree *tree = *state;
	struct cpu_clock clock;

	assert_int_equal(cpu_clock_read(&tree->root, &clock), -ENOENT);
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_clusters, &tree),
		tree_test(test_no_cpufreq, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
