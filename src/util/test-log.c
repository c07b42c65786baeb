/* What is written to stderr, caught in a pipe. */
#include "util/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "util/cleanup.h"

static char caught[4096];

/* Evaluates a call and leaves what it wrote to stderr in caught. */
#define CATCH(call)                                                                                \
	do {                                                                                       \
		int saved_ = begin_catch();                                                        \
		(call);                                                                            \
		end_catch(saved_);                                                                 \
	} while (0)

static int pipe_fds[2];

static int begin_catch(void)
{
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	int saved = dup(STDERR_FILENO);
	assert_true(saved >= 0);
	assert_int_equal(dup2(pipe_fds[1], STDERR_FILENO), STDERR_FILENO);
	return saved;
}

static void end_catch(int saved)
{
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close_fd(saved);
	close_fd(pipe_fds[1]);
	ssize_t n = read(pipe_fds[0], caught, sizeof(caught) - 1);
	assert_true(n >= 0);
	caught[n] = '\0';
	close_fd(pipe_fds[0]);
}

static int reset(void **state)
{
	(void)state;
	unsetenv("TWINLENS_LOG_LEVEL");
	return unsetenv("JOURNAL_STREAM");
}

static void prefixes_with_the_program(void **state)
{
	(void)state;
	CATCH(log_error("%s: %d", "cam0", 5));
	assert_string_equal(caught, "twinlens: cam0: 5\n");
}

/* Says that the pipe, with so much added to its inode, is the stream to the journal. */
static void log_as_service(enum log_level level, const char *text, unsigned offset)
{
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
		(uintmax_t)status.st_ino + offset);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_message(level, "%s", text);
}

static void prefixes_with_the_priority_for_the_journal(void **state)
{
	(void)state;
	CATCH(log_as_service(LOG_LEVEL_ERROR, "a", 0));
	assert_string_equal(caught, "<3>a\n");
	CATCH(log_as_service(LOG_LEVEL_WARNING, "b", 0));
	assert_string_equal(caught, "<4>b\n");
	CATCH(log_as_service(LOG_LEVEL_INFO, "c", 0));
	assert_string_equal(caught, "<6>c\n");
}

static void prefixes_with_the_program_beside_the_journal(void **state)
{
	(void)state;
	CATCH(log_as_service(LOG_LEVEL_ERROR, "a", 1));
	assert_string_equal(caught, "twinlens: a\n");
	for (const char *const *text = (const char *const[]){"", "1", "x:y", NULL}; *text; text++) {
		assert_int_equal(setenv("JOURNAL_STREAM", *text, 1), 0);
		CATCH(log_error("a"));
		assert_string_equal(caught, "twinlens: a\n");
	}
}

static void leaves_out_what_is_above_the_level(void **state)
{
	(void)state;
	CATCH(log_debug("a"));
	assert_string_equal(caught, "");
	setenv("TWINLENS_LOG_LEVEL", "debug", 1);
	CATCH(log_debug("a"));
	assert_string_equal(caught, "twinlens: a\n");
	setenv("TWINLENS_LOG_LEVEL", "error", 1);
	CATCH(log_warning("a"));
	assert_string_equal(caught, "");
	CATCH(log_error("a"));
	assert_string_equal(caught, "twinlens: a\n");
	setenv("TWINLENS_LOG_LEVEL", "loud", 1);
	CATCH(log_debug("a"));
	assert_string_equal(caught, "");
	CATCH(log_info("a"));
	assert_string_equal(caught, "twinlens: a\n");
}

/* However long: one line, ended. */
static void cuts_long_lines(void **state)
{
	(void)state;
	for (int length = 1000; length <= 1030; length++) {
		CATCH(log_error("%0*d", length, 0));
		size_t size = strlen(caught);
		assert_in_range(size, 1000, 1024);
		assert_ptr_equal(strchr(caught, '\n'), caught + size - 1);
		assert_int_equal(caught[size - 2], '0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(prefixes_with_the_program, reset),
		cmocka_unit_test_setup(prefixes_with_the_priority_for_the_journal, reset),
		cmocka_unit_test_setup(prefixes_with_the_program_beside_the_journal, reset),
		cmocka_unit_test_setup(leaves_out_what_is_above_the_level, reset),
		cmocka_unit_test_setup(cuts_long_lines, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
