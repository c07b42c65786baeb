#include "util/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"

static char folder[] = "/tmp/test-sysroot-XXXXXX";
static const struct sysroot root = {.path = folder};

static int make_tree(void **state)
{
	(void)state;
	char path[64];

	return mkdtemp(folder) && sysroot_path(&root, "/sys", path, sizeof(path)) == 0
		       ? mkdir(path, 0700)
		       : -1;
}

static int remove_tree(void **state)
{
	(void)state;
	char path[64];

	if (sysroot_path(&root, "/sys/name", path, sizeof(path)) == 0) {
		unlink(path);
	}
	if (sysroot_path(&root, "/sys", path, sizeof(path)) == 0) {
		rmdir(path);
	}
	return rmdir(folder);
}

static void write_name(const char *text)
{
	char path[64];

	assert_int_equal(sysroot_path(&root, "/sys/name", path, sizeof(path)), 0);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void joins_paths(void **state)
{
	(void)state;
	const struct sysroot tree = {.path = "/captured"};
	char path[16];
	assert_int_equal(sysroot_path(&sysroot_real, "/proc/stat", path, sizeof(path)), 0);
	assert_string_equal(path, "/proc/stat");
	assert_int_equal(sysroot_path(&tree, "/12345", path, sizeof(path)), 0);
	assert_string_equal(path, "/captured/12345");
	assert_int_equal(sysroot_path(&tree, "/123456", path, sizeof(path)), -ENAMETOOLONG);
}

static void reads_without_trailing_blanks(void **state)
{
	(void)state;
	char text[32];
	write_name("  USB  camera \t\n\n");
	assert_int_equal(sysroot_read(&root, "/sys/name", text, sizeof(text)), 0);
	assert_string_equal(text, "  USB  camera");
	write_name(" \n");
	assert_int_equal(sysroot_read(&root, "/sys/name", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	write_name("");
	assert_int_equal(sysroot_read(&root, "/sys/name", text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static void refuses_what_does_not_fit(void **state)
{
	(void)state;
	char text[8];
	write_name("1234567");
	assert_int_equal(sysroot_read(&root, "/sys/name", text, sizeof(text)), 0);
	assert_string_equal(text, "1234567");
	write_name("12345678");
	assert_int_equal(sysroot_read(&root, "/sys/name", text, sizeof(text)), -E2BIG);
}

static void passes_errors_on(void **state)
{
	(void)state;
	char text[8];
	assert_int_equal(sysroot_read(&root, "/sys/none", text, sizeof(text)), -ENOENT);
	assert_int_equal(sysroot_read(&root, "/sys", text, sizeof(text)), -EISDIR);
}

static void writes_what_is_there(void **state)
{
	(void)state;
	char text[8];
	write_name("1234567");
	assert_int_equal(sysroot_write(&root, "/sys/name", "42"), 0);
	assert_int_equal(sysroot_read(&root, "/sys/name", text, sizeof(text)), 0);
	assert_string_equal(text, "42");
	assert_int_equal(sysroot_write(&root, "/sys/none", "42"), -ENOENT);
	assert_false(sysroot_exists(&root, "/sys/none"));
	assert_true(sysroot_exists(&root, "/sys/name"));
	assert_true(sysroot_exists(&root, "/sys"));
}

static void test_opens_and_follows(void **state)
{
	(void)state;
	char link[64], target[8];

	write_name("7");
	_cleanup_file_ FILE *file = sysroot_open_file(&root, "/sys/name");
	assert_non_null(file);
	assert_int_equal(fgetc(file), '7');
	_cleanup_folder_ DIR *entries = sysroot_open_folder(&root, "/sys");
	assert_non_null(entries);
	assert_null(sysroot_open_file(&root, "/sys/none"));
	assert_int_equal(errno, ENOENT);
	assert_null(sysroot_open_folder(&root, "/sys/name"));
	assert_int_equal(errno, ENOTDIR);

	assert_int_equal(sysroot_path(&root, "/sys/link", link, sizeof(link)), 0);
	assert_int_equal(symlink("1234567", link), 0);
	assert_int_equal(sysroot_readlink(&root, "/sys/link", target, sizeof(target)), 0);
	assert_string_equal(target, "1234567");
	assert_int_equal(sysroot_readlink(&root, "/sys/link", target, 7), -ENAMETOOLONG);
	assert_int_equal(sysroot_readlink(&root, "/sys/name", target, sizeof(target)), -EINVAL);
	assert_int_equal(sysroot_readlink(&root, "/sys/none", target, sizeof(target)), -ENOENT);
	assert_int_equal(unlink(link), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_paths),
		cmocka_unit_test(reads_without_trailing_blanks),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(passes_errors_on),
		cmocka_unit_test(writes_what_is_there),
		cmocka_unit_test(test_opens_and_follows),
	};
	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
