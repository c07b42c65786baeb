#include "systemd/unit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_names_are_completed(void **state)
{
	(void)state;
	static const struct {
		const char *name, *id;
	} cases[] = {
		{"cups", "cups.service"},
		{"cups.socket", "cups.socket"},
		{"org.cups.cupsd", "org.cups.cupsd.service"},
		{"getty@tty1", "getty@tty1.service"},
		{"serial-getty@ttyAMA0.service", "serial-getty@ttyAMA0.service"},
		{"dev-disk-by\\x2did.service", "dev-disk-by\\x2did.service"},
		{"fstrim.timer", "fstrim.timer"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char id[UNIT_NAME_MAX + 1];
		assert_int_equal(unit_name_complete(cases[i].name, id, NULL), 0);
		assert_string_equal(id, cases[i].id);
	}
}

static void test_names_that_are_none(void **state)
{
	(void)state;
	static const struct {
		const char *name, *words;
	} cases[] = {
		{"", "no unit can have this name"},
		{"a b", "no unit can have this name"},
		{"../x", "no unit can have this name"},
		{"a/b.service", "no unit can have this name"},
		{".service", "no unit can have this name"},
		{"@tty1.service", "no unit can have this name"},
		{"sysinit.target", "must be a service"},
		{"tmp.mount", "must be a service"},
		{"getty@", "is a template"},
		{"getty@.service", "is a template; name an instance, such as getty@NAME"},
	};
	char id[UNIT_NAME_MAX + 1], longer[300];
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(unit_name_complete(cases[i].name, id, &err), -EINVAL);
		if (!strstr(err.text, cases[i].words)) {
			fail_msg("%s: %s", cases[i].name, err.text);
		}
	}
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(unit_name_complete(longer, id, &err), -EINVAL);
	longer[247] = '\0'; /* 247 + ".service" is 255 */
	assert_int_equal(unit_name_complete(longer, id, &err), 0);
	assert_int_equal(strlen(id), UNIT_NAME_MAX);
}

static const char usual[] =
	"{\"Id\":\"a.service\",\"Names\":[\"a.service\",\"b.service\"],\"LoadState\":\"loaded\","
	"\"ActiveState\":\"activating\",\"UnitFileState\":\"enabled\",\"FragmentPath\":\"/x\","
	"\"CanStop\":true,\"Transient\":false,\"TriggeredBy\":[\"a.timer\"],"
	"\"RequiredBy\":[\"c.service\"],\"BoundBy\":[\"c.service\",\"d.service\"],"
	"\"WantedBy\":[],\"UpheldBy\":[\"e.service\"]}";

static void test_properties(void **state)
{
	(void)state;
	json_t *properties = json_loads(usual, 0, NULL);
	struct unit unit;

	assert_int_equal(unit_from_json(properties, &unit, NULL), 0);
	assert_string_equal(unit.id, "a.service");
	assert_true(unit.can_stop);
	assert_true(unit_is_up(&unit));
	assert_int_equal(unit.names.n, 2);
	assert_int_equal(unit.required_by.n, 2); /* c once */
	assert_int_equal(unit.wanted_by.n, 1);
	unit_done(&unit);
	json_decref(properties);
}

static void test_damaged_properties(void **state)
{
	(void)state;
	static const char *const keys[] = {"Id", "LoadState", "ActiveState", "UnitFileState"};
	struct unit unit;
	struct error err;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *properties = json_loads(usual, 0, NULL);
		json_object_set_new(properties, keys[i], json_integer(1));
		assert_int_equal(unit_from_json(properties, &unit, &err), -EBADMSG);
		assert_non_null(strstr(err.text, keys[i]));
		json_decref(properties);
	}
	json_t *properties = json_loads(usual, 0, NULL);
	json_object_set_new(properties, "RequiredBy", json_pack("[i]", 1));
	assert_int_equal(unit_from_json(properties, &unit, &err), -EBADMSG);
	json_decref(properties);
	assert_int_equal(unit_from_json(NULL, &unit, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_completed),
		cmocka_unit_test(test_names_that_are_none),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_damaged_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
