#include "util/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void closes_at_the_end_of_the_scope(void **state)
{
	(void)state;
	int raw;
	{
		_cleanup_close_ int fd = open_null();
		raw = fd;
		assert_true(is_open(raw));
	}
	assert_false(is_open(raw));
	{
		_cleanup_close_ int fd = -1;
		_cleanup_file_ FILE *file = NULL;
		_cleanup_free_ char *text = NULL;
		(void)fd, (void)file, (void)text;
	}
	{
		_cleanup_file_ FILE *file = fopen("/dev/null", "re");
		assert_non_null(file);
		raw = fileno(file);
	}
	assert_false(is_open(raw));
}

static void keeps_errno(void **state)
{
	(void)state;
	errno = EBUSY;
	assert_int_equal(close_fd(9999), -1);
	assert_int_equal(errno, EBUSY);
}

static void hands_on(void **state)
{
	(void)state;
	int raw, value;
	{
		_cleanup_close_ int fd = open_null();
		raw = take_fd(fd);
		assert_int_equal(fd, -1);
	}
	assert_true(is_open(raw));
	close_fd(raw);

	int *pointer = &value;
	assert_ptr_equal(take_ptr(pointer), &value);
	assert_null(pointer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_at_the_end_of_the_scope),
		cmocka_unit_test(keeps_errno),
		cmocka_unit_test(hands_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
