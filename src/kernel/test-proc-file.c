#include "kernel/proc-file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

static void test_reads_again_from_the_start(void **state)
{
	(void)state;
	struct proc_file file;
	char text[8];

	tree_write(&tree, "/proc/x", "one\n");
	assert_int_equal(proc_file_open(&file, &tree.root, "/proc/x"), 0);
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), 0);
	assert_string_equal(text, "one\n");
	tree_write(&tree, "/proc/x", "three\n");
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), 0);
	assert_string_equal(text, "three\n");
	tree_write(&tree, "/proc/x", "seven.\n");
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), -E2BIG);
	assert_string_equal(text, "seven.\n");
	proc_file_close(&file);
	assert_int_equal(file.fd, -1);
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), -EBADF);
	proc_file_close(&file);
	assert_int_equal(proc_file_open(&file, &tree.root, "/proc/y"), -ENOENT);
	assert_int_equal(file.fd, -1);
}

static void test_tells_that_a_process_ended(void **state)
{
	(void)state;
	char path[64], text[1024];
	struct proc_file file;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	assert_int_equal(proc_file_open(&file, &sysroot_real, path), 0);
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), -ESRCH);
	proc_file_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_reads_again_from_the_start, &tree),
		cmocka_unit_test(test_tells_that_a_process_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
