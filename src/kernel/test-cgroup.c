#include "kernel/cgroup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/proc-text.h"
#include "util/fixture-tree.h"

static struct tree tree;

static void check_path(const char *text, int r, enum cgroup_version version, const char *path)
{
	struct cgroup_path found;

	assert_int_equal(cgroup_path_parse(text, &found), r);
	if (r == 0) {
		assert_int_equal(found.version, version);
		assert_string_equal(found.path, path);
	}
}

static void test_finds_the_memory_controller(void **state)
{
	(void)state;
	char text[512];

	check_path("0::/a/b.service\n", 0, CGROUP_VERSION_2, "/a/b.service");
	check_path("0::/a:b\n", 0, CGROUP_VERSION_2, "/a:b");
	check_path("4:memory:/v1\n0::/v2\n", 0, CGROUP_VERSION_1, "/v1");
	check_path("0::/v2\n4:cpu,memory,pids:/v1\n", 0, CGROUP_VERSION_1, "/v1");
	check_path("4:cpu:/v1\n1:name=memory:/x\n", -ENOENT, 0, NULL);
	check_path("0::/cut", -ENOENT, 0, NULL);
	check_path("garbage\n\n:\n0:\n", -ENOENT, 0, NULL);
	snprintf(text, sizeof(text), "0::/%0300d\n", 0);
	check_path(text, -ENAMETOOLONG, 0, NULL);
}

static void test_tells_that_a_cgroup_is_gone(void **state)
{
	(void)state;
	const struct cgroup_path path = {.version = CGROUP_VERSION_2, .path = "/a"};
	struct cgroup_files files;

	assert_int_equal(cgroup_files_open(&files, &tree.root, &path), -ENOENT);
	assert_int_equal(files.current.fd, -1);
	assert_int_equal(files.stat.fd, -1);
	cgroup_files_close(&files);
}

static void test_reads_what_there_is(void **state)
{
	(void)state;
	const struct cgroup_path path = {.version = CGROUP_VERSION_2, .path = "/a"};
	struct cgroup_files files;
	struct cgroup_memory memory;
	uint64_t some_us;
	char buffer[4096];

	tree_write(&tree, "/sys/fs/cgroup/a/memory.current", "4096\n");
	tree_write(&tree, "/sys/fs/cgroup/a/memory.stat", "anon 5\nkernel 0\nslab 7\n");
	assert_int_equal(cgroup_files_open(&files, &tree.root, &path), 0);
	assert_int_equal(cgroup_files_read(&files, buffer, sizeof(buffer), &memory, &some_us), 0);
	assert_int_equal(memory.current, 4096);
	assert_int_equal(memory.anonymous, 5);
	assert_int_equal(memory.kernel, 0);
	assert_int_equal(memory.socket, PROC_ABSENT);
	assert_int_equal(memory.oom_kills, PROC_ABSENT);
	assert_int_equal(some_us, PROC_ABSENT);
	cgroup_files_close(&files);
}

static void test_reads_what_a_limit_did(void **state)
{
	(void)state;
	const struct cgroup_path path = {.version = CGROUP_VERSION_2, .path = "/a"};
	struct cgroup_usage usage;

	assert_int_equal(cgroup_usage_read(&tree.root, &path, &usage), -ENOENT);
	tree_write(&tree, "/sys/fs/cgroup/a/memory.current", "4096\n");
	assert_int_equal(cgroup_usage_read(&tree.root, &path, &usage), 0);
	assert_int_equal(usage.peak, PROC_ABSENT);
	assert_int_equal(usage.swap, PROC_ABSENT);
	assert_int_equal(usage.oom_kills, PROC_ABSENT);
	assert_int_equal(usage.full_us, PROC_ABSENT);

	tree_write(&tree, "/sys/fs/cgroup/a/memory.peak", "8192\n");
	tree_write(&tree, "/sys/fs/cgroup/a/memory.swap.current", "12\n");
	tree_write(&tree, "/sys/fs/cgroup/a/memory.stat", "file 8\nfile_mapped 9\n");
	tree_write(&tree, "/sys/fs/cgroup/a/memory.events",
		"low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n");
	tree_write(&tree, "/sys/fs/cgroup/a/memory.pressure",
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=55\n"
		"full avg10=0.00 avg60=0.00 avg300=0.00 total=44\n");
	assert_int_equal(cgroup_usage_read(&tree.root, &path, &usage), 0);
	assert_int_equal(usage.peak, 8192);
	assert_int_equal(usage.swap, 12);
	assert_int_equal(usage.mapped, 9);
	assert_int_equal(usage.limit_hits, 7);
	assert_int_equal(usage.oom_kills, 1);
	assert_int_equal(usage.some_us, 55);
	assert_int_equal(usage.full_us, 44);
}

static void test_reads_what_a_limit_did_in_version_1(void **state)
{
	(void)state;
	const struct cgroup_path path = {.version = CGROUP_VERSION_1, .path = "/a"};
	struct cgroup_usage usage;

	tree_write(&tree, "/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4096\n");
	tree_write(&tree, "/sys/fs/cgroup/memory/a/memory.max_usage_in_bytes", "8192\n");
	tree_write(&tree, "/sys/fs/cgroup/memory/a/memory.stat",
		"swap 1\ntotal_mapped_file 9\ntotal_swap 12\n");
	tree_write(&tree, "/sys/fs/cgroup/memory/a/memory.failcnt", "7\n");
	tree_write(&tree, "/sys/fs/cgroup/memory/a/memory.oom_control",
		"oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	assert_int_equal(cgroup_usage_read(&tree.root, &path, &usage), 0);
	assert_int_equal(usage.current, 4096);
	assert_int_equal(usage.peak, 8192);
	assert_int_equal(usage.swap, 12);
	assert_int_equal(usage.mapped, 9);
	assert_int_equal(usage.limit_hits, 7);
	assert_int_equal(usage.oom_kills, 1);
	assert_int_equal(usage.some_us, PROC_ABSENT);
}

static void test_tells_the_folder(void **state)
{
	(void)state;
	struct cgroup_path path = {.version = CGROUP_VERSION_1, .path = "/a"};
	char folder[64];

	assert_int_equal(cgroup_folder(&path, folder, sizeof(folder)), 0);
	assert_string_equal(folder, "/sys/fs/cgroup/memory/a");
	path.version = CGROUP_VERSION_2;
	assert_int_equal(cgroup_folder(&path, folder, sizeof(folder)), 0);
	assert_string_equal(folder, "/sys/fs/cgroup/a");
	assert_int_equal(cgroup_folder(&path, folder, 16), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_the_memory_controller),
		tree_test(test_tells_that_a_cgroup_is_gone, &tree),
		tree_test(test_reads_what_there_is, &tree),
		tree_test(test_reads_what_a_limit_did, &tree),
		tree_test(test_reads_what_a_limit_did_in_version_1, &tree),
		cmocka_unit_test(test_tells_the_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
