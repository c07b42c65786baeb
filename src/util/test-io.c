#include "util/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void reads_to_the_end_from_parts(void **state)
{
	(void)state;
	char buffer[8];
	size_t used;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(io_write_all(fds[1], "abc", 3), 0);
	assert_int_equal(io_write_all(fds[1], "defg", 4), 0);
	close(fds[1]);
	assert_int_equal(io_read_all(fds[0], buffer, sizeof(buffer), &used), 0);
	assert_int_equal(used, 7);
	assert_memory_equal(buffer, "abcdefg", 7);
	close(fds[0]);
}

static void refuses_what_fills_the_buffer(void **state)
{
	(void)state;
	char buffer[7];
	size_t used = 99;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(io_write_all(fds[1], "abcdefg", 7), 0);
	close(fds[1]);
	assert_int_equal(io_read_all(fds[0], buffer, sizeof(buffer), &used), -E2BIG);
	assert_int_equal(used, 99);
	close(fds[0]);
}

static void tells_what_fails(void **state)
{
	(void)state;
	char buffer[4];
	size_t used;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(full >= 0);
	assert_int_equal(io_write_all(full, "a", 1), -ENOSPC);
	close(full);
	assert_int_equal(io_write_all(-1, "a", 1), -EBADF);
	assert_int_equal(io_read_all(-1, buffer, sizeof(buffer), &used), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_to_the_end_from_parts),
		cmocka_unit_test(refuses_what_fills_the_buffer),
		cmocka_unit_test(tells_what_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
