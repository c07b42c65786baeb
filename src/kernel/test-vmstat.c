#include "kernel/vmstat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/proc-text.h"

static void test_adds_zones_and_kinds(void **state)
{
	(void)state;
	struct vmstat vmstat;

	assert_int_equal(vmstat_parse("pgmajfault 5\nallocstall_dma 1\nallocstall_normal 2\n"
				      "workingset_refault_anon 3\nworkingset_refault_file 4\n",
				 &vmstat),
		0);
	assert_int_equal(vmstat.major_faults, 5);
	assert_int_equal(vmstat.allocation_stalls, 3);
	assert_int_equal(vmstat.refaults, 7);
	assert_int_equal(vmstat.oom_kills, PROC_ABSENT);
	assert_int_equal(vmstat.compaction_failures, PROC_ABSENT);
	assert_int_equal(vmstat.zspages, PROC_ABSENT);
	assert_int_equal(vmstat_parse("nr_free_pages 1\npgmajfault 5", &vmstat), -EINVAL);
	assert_int_equal(vmstat.major_faults, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_adds_zones_and_kinds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
