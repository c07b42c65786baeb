#include "kernel/sockstat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/proc-text.h"

static void test_parses_memory(void **state)
{
	(void)state;
	struct sockstat stat;

	assert_int_equal(sockstat_parse("sockets: used 14\nTCP: inuse 1 orphan 0 tw 1 alloc 1 mem "
					"192\nUDP: inuse 0 mem 3\nUDPLITE: inuse 0\n",
				 &stat),
		0);
	assert_int_equal(stat.tcp_pages, 192);
	assert_int_equal(stat.udp_pages, 3);
	assert_int_equal(sockstat_parse("TCP: inuse 1\nUDP: inuse 0 mem 3\n", &stat), 0);
	assert_int_equal(stat.tcp_pages, PROC_ABSENT);
	assert_int_equal(sockstat_parse("TCP: inuse 1 mem 19", &stat), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parses_memory)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
