#include "tune/sysctl/sysctl-files.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static struct tree tree;

/* file: that which wins over one with the name; NULL when none does. */
static void check_winner(const char *name, const char *file, const char *value)
{
	struct sysctl_setting setting;
	int r = sysctl_files_find(&tree.root, name, "vm.swappiness", "77", NULL, &setting);

	if (!file) {
		assert_int_equal(r, 0);
		return;
	}
	assert_int_equal(r, 1);
	assert_string_equal(setting.file, file);
	assert_string_equal(setting.value, value);
}

static void finds_the_file_that_wins(void **state)
{
	(void)state;
	check_winner("", NULL, NULL);
	tree_write(&tree, "/lib/sysctl.d/50-a.conf", "vm.swappiness = 0\n");
	check_winner("", "/lib/sysctl.d/50-a.conf", "0");
	tree_write(&tree, "/usr/lib/sysctl.d/50-a.conf", "vm.swappiness = 1\n");
	check_winner("", "/usr/lib/sysctl.d/50-a.conf", "1");
	/* By name, wherever it lies. */
	tree_write(&tree, "/usr/lib/sysctl.d/60-b.conf", "vm.swappiness=2\nvm.swappiness=3\n");
	tree_write(&tree, "/etc/sysctl.d/40-c.conf", "vm.swappiness = 4\n");
	check_winner("", "/usr/lib/sysctl.d/60-b.conf", "3");
	/* The same name: /etc, then /run, then /usr/local/lib, then /usr/lib, then /lib. */
	tree_write(&tree, "/usr/local/lib/sysctl.d/60-b.conf", "vm.swappiness = 5\n");
	check_winner("", "/usr/local/lib/sysctl.d/60-b.conf", "5");
	tree_write(&tree, "/run/sysctl.d/60-b.conf", "vm.swappiness = 6\n");
	check_winner("", "/run/sysctl.d/60-b.conf", "6");
	tree_write(&tree, "/etc/sysctl.d/60-b.conf", "# nothing\n");
	check_winner("", "/usr/lib/sysctl.d/50-a.conf", "1");
	/* A mask. */
	tree_link(&tree, "/etc/sysctl.d/50-a.conf", "/dev/null");
	check_winner("", "/etc/sysctl.d/40-c.conf", "4");
	check_winner("50", NULL, NULL);
	/* Others are no configuration. */
	tree_write(&tree, "/etc/sysctl.d/90-d.conf.bak", "vm.swappiness = 7\n");
	tree_write(&tree, "/etc/sysctl.d/.90.conf", "vm.swappiness = 7\n");
	check_winner("", "/etc/sysctl.d/40-c.conf", "4");
}

/* Two keys that exclude each other: the one that is assigned last wins. */
static void follows_the_order_of_a_pair(void **state)
{
	(void)state;
	static const char ours[] = "99-t.conf", key[] = "vm.dirty_ratio", twin[] = "vm.dirty_bytes";
	struct sysctl_setting setting;

	tree_write(&tree, "/etc/sysctl.d/10-a.conf", "vm.dirty_ratio = 14\n");
	tree_write(&tree, "/etc/sysctl.d/50-b.conf", "vm.dirty_bytes = 50000000\n");
	assert_int_equal(sysctl_files_find(&tree.root, ours, key, "15", twin, &setting), 0);
	/* The same value again stays where it stood first. */
	tree_write(&tree, "/etc/sysctl.d/10-a.conf", "vm.dirty_ratio = 15\n");
	assert_int_equal(sysctl_files_find(&tree.root, ours, key, "15", twin, &setting), 1);
	assert_string_equal(setting.file, "/etc/sysctl.d/50-b.conf");
	assert_string_equal(setting.value, "50000000");
	tree_write(&tree, "/etc/sysctl.d/60-c.conf", "vm.dirty_ratio = 16\n");
	assert_int_equal(sysctl_files_find(&tree.root, ours, key, "15", twin, &setting), 0);
	tree_write(&tree, "/etc/sysctl.d/zz.conf", "vm.dirty_bytes = 50000000\n");
	assert_int_equal(sysctl_files_find(&tree.root, ours, key, "15", twin, &setting), 0);
	tree_write(&tree, "/etc/sysctl.d/zz.conf", "vm.dirty_bytes = 50000001\n");
	assert_int_equal(sysctl_files_find(&tree.root, ours, key, "15", twin, &setting), 1);
	assert_string_equal(setting.file, "/etc/sysctl.d/zz.conf");
}

static void reads_long_lines(void **state)
{
	(void)state;
	char text[3000];

	memset(text, 'x', sizeof(text));
	text[0] = '#';
	snprintf(text + 1023, sizeof(text) - 1023, "vm.swappiness = 1\n");
	tree_write(&tree, "/etc/sysctl.d/50-a.conf", text);
	check_winner("", NULL, NULL);
	memset(text, ' ', sizeof(text));
	snprintf(text + 2000, sizeof(text) - 2000, "vm.swappiness = 1\n");
	tree_write(&tree, "/etc/sysctl.d/50-a.conf", text);
	check_winner("", "/etc/sysctl.d/50-a.conf", "1");
}

/* It would be waited for, or read for ever. */
static void passes_over_what_is_no_file(void **state)
{
	(void)state;
	char path[PATH_MAX];

	tree_link(&tree, "/etc/sysctl.d/50-a.conf", "/dev/zero");
	assert_int_equal(
		sysroot_path(&tree.root, "/etc/sysctl.d/60-b.conf", path, sizeof(path)), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	check_winner("", NULL, NULL);
}

static void parses_lines(void **state)
{
	(void)state;
	static const char *const cases[][3] = {
		{"vm.swappiness = 10\n", "vm.swappiness", "10"},
		{"  vm/swappiness=10 \r\n", "vm.swappiness", "10"},
		{"-vm.swappiness =10", "vm.swappiness", "10"},
		{"- vm.swappiness = 1 2\t3\n", "vm.swappiness", "1 2\t3"},
		{"vm.swappiness =", "vm.swappiness", ""},
		{"# vm.swappiness = 10\n", NULL, NULL},
		{"; vm.swappiness = 10\n", NULL, NULL},
		{"-vm.*\n", NULL, NULL},
		{" = 10\n", NULL, NULL},
		{"\n", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char key[64], value[64];
		bool is_setting = sysctl_line_parse(cases[i][0], key, value, sizeof(key));
		assert_int_equal(is_setting, cases[i][1] != NULL);
		if (is_setting) {
			assert_string_equal(key, cases[i][1]);
			assert_string_equal(value, cases[i][2]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(finds_the_file_that_wins, &tree),
		tree_test(follows_the_order_of_a_pair, &tree),
		tree_test(reads_long_lines, &tree),
		tree_test(passes_over_what_is_no_file, &tree),
		cmocka_unit_test(parses_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
