#include "systemd/activation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text, *unit;
	} cases[] = {
		{"[D-BUS Service]\nName=org.bluez\nExec=/bin/false\nUser=root\n"
		 "SystemdService=dbus-org.bluez.service\n",
			"dbus-org.bluez.service"},
		{"SystemdService=a.service", "a.service"},
		{"  SystemdService= a.service \r\nSystemdService=b.service\n", "a.service"},
		{"#SystemdService=a.service\n", NULL},
		{"XSystemdService=a.service\n", NULL},
		{"SystemdService=\n", NULL},
		{"SystemdService", NULL},
		{"", NULL},
		{"\n\n", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *unit;
		assert_int_equal(activation_parse(cases[i].text, &unit), 0);
		if (cases[i].unit) {
			assert_non_null(unit);
			assert_string_equal(unit, cases[i].unit);
		} else {
			assert_null(unit);
		}
		free(unit);
	}
}

static void test_list(void **state)
{
	(void)state;
	struct tree tree;
	struct names units;

	tree_init(&tree);
	tree_write(&tree, "/usr/share/dbus-1/system-services/org.bluez.service",
		"[D-BUS Service]\nName=org.bluez\nSystemdService=dbus-org.bluez.service\n");
	tree_write(&tree, "/usr/share/dbus-1/system-services/old.service",
		"[D-BUS Service]\nName=old\nExec=/usr/bin/old\n");
	tree_write(&tree, "/usr/share/dbus-1/system-services/README", "SystemdService=x.service\n");
	tree_write(
		&tree, "/etc/dbus-1/system-services/own.service", "SystemdService=own.service\n");
	assert_int_equal(activation_list(&tree.root, &units), 0);
	assert_int_equal(units.n, 2);
	assert_true(names_contain(&units, "dbus-org.bluez.service"));
	assert_true(names_contain(&units, "own.service"));
	names_done(&units);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
