/* On units as Debian 12 answered on a board (tests/fixtures/systemd/units.json), and odd ones. */
#include "tune/service/service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static json_t *captured;
static const struct sysroot nowhere = {.path = "/nonexistent"};

/* A captured answer, or what systemd says of a unit that nobody installed. */
static int load_unit(void *data, const char *id, struct unit *ret_unit, struct error *err)
{
	json_t *units = data, *properties;
	const char *name;

	json_object_foreach(units, name, properties) {
		json_t *names = json_object_get(properties, "Names"), *alias;
		size_t i;
		json_array_foreach(names, i, alias) {
			if (strcmp(json_string_value(alias), id) == 0) {
				return unit_from_json(properties, ret_unit, err);
			}
		}
	}
	properties = json_pack("{s:s,s:[s],s:s,s:s,s:s,s:b}", "Id", id, "Names", id, "LoadState",
		"not-found", "ActiveState", "inactive", "UnitFileState", "", "CanStop", 1);
	int r = unit_from_json(properties, ret_unit, err);
	json_decref(properties);
	return r;
}

static int list_links(void *data, const char *id, struct names *paths, struct error *err)
{
	(void)err;
	json_t *links = json_object_get(json_object_get(data, id), "Links"), *link;
	size_t i;

	json_array_foreach(links, i, link) {
		assert_int_equal(names_add_once(paths, json_string_value(link)), 0);
	}
	return 0;
}

static const struct names no_names;
static const struct names *past_links = &no_names;

static struct service inspect_with(json_t *units, const char *id, struct names activations,
	struct names leaving, bool is_forced)
{
	static struct guard guard;
	const struct service_source source = {load_unit, list_links, units};
	static const struct names none;
	const struct service_rules rules = {
		&nowhere, &guard, &activations, &leaving, past_links, &none, is_forced};
	struct service service;
	struct error err = {0};

	int r = service_inspect(&source, &rules, id, &service, &err);
	if (r < 0) {
		fail_msg("%s: %s", id, err.text);
	}
	return service;
}

static struct service inspect(json_t *units, const char *id)
{
	return inspect_with(units, id, (struct names){0}, (struct names){0}, false);
}

static const struct service_member *member(const struct service *service, const char *id)
{
	for (size_t i = 0; i < service->n; i++) {
		if (strcmp(service->members[i].unit.id, id) == 0) {
			return &service->members[i];
		}
	}
	return NULL;
}

/* A unit more, besides the captured ones; TEXT is JSON of what is not usual. */
static json_t *with(const char *id, const char *text)
{
	json_t *units = json_deep_copy(captured);
	json_t *unit = json_pack("{s:s,s:[s],s:s,s:s,s:s,s:s,s:b}", "Id", id, "Names", id,
		"LoadState", "loaded", "ActiveState", "active", "UnitFileState", "enabled",
		"FragmentPath", "/lib/systemd/system/x", "CanStop", 1);
	json_error_t error;
	json_t *more = json_loads(text, 0, &error);

	if (!more) {
		fail_msg("%s: %s", text, error.text);
	}
	assert_int_equal(json_object_update(unit, more), 0);
	json_decref(more);
	assert_int_equal(json_object_set_new(units, id, unit), 0);
	return units;
}

static void test_cups_goes_with_all_that_brings_it_back(void **state)
{
	(void)state;
	struct service service = inspect(captured, "cups.service");

	assert_int_equal(service.verdict, SERVICE_OPEN);
	assert_int_equal(service.n, 4);
	assert_string_equal(service.members[0].unit.id, "cups.service");
	assert_int_equal(service.members[0].links.n, 4);
	assert_int_equal(member(&service, "cups.socket")->role, SERVICE_ROLE_TRIGGER);
	assert_int_equal(member(&service, "cups.path")->role, SERVICE_ROLE_TRIGGER);
	assert_int_equal(member(&service, "cups-browsed.service")->role, SERVICE_ROLE_DEPENDANT);
	for (size_t i = 0; i < service.n; i++) {
		assert_string_equal(service.members[i].mask_reason, "");
	}
	service_done(&service);
}

static void test_a_want_in_a_unit_file_is_masked(void **state)
{
	(void)state;
	struct names leaving = {0};
	struct service service = inspect(captured, "avahi-daemon.service");

	assert_int_equal(service.verdict, SERVICE_OPEN);
	assert_int_equal(service.n, 2);
	assert_non_null(strstr(service.members[0].mask_reason, "cups-browsed.service wants it"));
	assert_string_equal(service.members[1].mask_reason, "");
	service_done(&service);

	/* The one that wants it is disabled by the same plan. */
	assert_int_equal(names_add(&leaving, "cups-browsed.service"), 0);
	service = inspect_with(captured, "avahi-daemon.service", (struct names){0}, leaving, false);
	assert_string_equal(service.members[0].mask_reason, "");
	service_done(&service);
	names_done(&leaving);
}

static void test_an_alias_is_its_service(void **state)
{
	(void)state;
	struct names activations = {0};
	assert_int_equal(names_add(&activations, "dbus-org.bluez.service"), 0);
	struct service service = inspect_with(
		captured, "dbus-org.bluez.service", activations, (struct names){0}, false);

	assert_string_equal(service.members[0].unit.id, "bluetooth.service");
	assert_int_equal(service.verdict, SERVICE_OPEN); /* down, but enabled */
	/* The alias that D-Bus starts is one of the links that disabling removes. */
	assert_string_equal(service.members[0].mask_reason, "");
	service_done(&service);
	names_done(&activations);
}

static void test_activation_under_its_own_name_is_masked(void **state)
{
	(void)state;
	json_t *units = with("colord.service", "{\"UnitFileState\":\"static\"}");
	struct names activations = {0};
	assert_int_equal(names_add(&activations, "colord.service"), 0);
	struct service service =
		inspect_with(units, "colord.service", activations, (struct names){0}, false);

	assert_int_equal(service.verdict, SERVICE_OPEN);
	assert_string_equal(
		service.members[0].mask_reason, "a call on D-Bus starts colord.service");
	service_done(&service);
	names_done(&activations);
	json_decref(units);
}

static void test_nothing_to_do(void **state)
{
	(void)state;
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{"{\"LoadState\":\"not-found\",\"ActiveState\":\"inactive\",\"UnitFileState\":"
		 "\"\"}",
			"not installed"},
		{"{\"LoadState\":\"masked\",\"ActiveState\":\"inactive\",\"UnitFileState\":"
		 "\"masked\"}",
			"masked"},
		{"{\"ActiveState\":\"inactive\",\"UnitFileState\":\"disabled\"}",
			"disabled and stopped"},
		{"{\"ActiveState\":\"failed\",\"UnitFileState\":\"static\"}",
			"disabled and stopped"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *units = with("x.service", cases[i].text);
		struct service service = inspect(units, "x.service");
		assert_int_equal(service.verdict, SERVICE_IN_PLACE);
		assert_string_equal(service.reason, cases[i].reason);
		service_done(&service);
		json_decref(units);
	}
}

static void test_masked_but_running_is_refused(void **state)
{
	(void)state;
	json_t *units =
		with("x.service", "{\"LoadState\":\"masked\",\"UnitFileState\":\"masked\"}");
	struct service service = inspect(units, "x.service");

	assert_int_equal(service.verdict, SERVICE_REFUSED);
	assert_string_equal(service.reason,
		"x.service is masked, and runs: once stopped it could not be started");
	service_done(&service);
	json_decref(units);
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"{\"LoadState\":\"bad-setting\"}", "systemd cannot load"},
		{"{\"Transient\":true,\"UnitFileState\":\"transient\"}", "is transient"},
		{"{\"CanStop\":false}", "refuses to be stopped"},
		{"{\"RequiredBy\":[\"multi-user.target\"]}",
			"multi-user.target requires x.service"},
		{"{\"UnitFileState\":\"generated\",\"FragmentPath\":"
		 "\"/etc/systemd/system/x.service\"}",
			"a mask has no place"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *units = with("x.service", cases[i].text);
		struct service service = inspect(units, "x.service");
		assert_int_equal(service.verdict, SERVICE_REFUSED);
		if (!strstr(service.reason, cases[i].words)) {
			fail_msg("%s instead of %s", service.reason, cases[i].words);
		}
		service_done(&service);
		json_decref(units);
	}
}

static void test_what_carries_the_session_is_named_or_left(void **state)
{
	(void)state;
	struct guard guard = {0};
	const struct names none = {0};
	const struct service_source source = {load_unit, list_links, captured};
	struct service_rules rules = {&nowhere, &guard, &none, &none, &none, &none, false};
	struct service service;

	/* A dependant that carries it protects the service, too. */
	assert_int_equal(names_add(&guard.sessions, "cups-browsed.service"), 0);
	assert_int_equal(service_inspect(&source, &rules, "cups.service", &service, NULL), 0);
	assert_int_equal(service.verdict, SERVICE_REFUSED);
	assert_non_null(strstr(service.reason, "cups-browsed.service: it carries this session"));
	service_done(&service);
	rules.is_forced = true;
	assert_int_equal(service_inspect(&source, &rules, "cups.service", &service, NULL), 0);
	assert_int_equal(service.verdict, SERVICE_OPEN);
	assert_non_null(strstr(service.reason, "it carries this session"));
	service_done(&service);
	guard_done(&guard);
}

static void test_wants_that_stay(void **state)
{
	(void)state;
	static const struct {
		const char *text, *reason;
	} cases[] = {
		/* a link under /usr, which disabling leaves */
		{"{\"WantedBy\":[\"multi-user.target\"]}", "multi-user.target wants it"},
		{"{\"WantedBy\":[\"sys-devices-x.device\"]}", "sys-devices-x.device wants it"},
		{"{\"UnitFileState\":\"generated\"}", "a generator enables it"},
		/* one that goes */
		{"{\"WantedBy\":[\"multi-user.target\"],\"Links\":"
		 "[\"/etc/systemd/system/multi-user.target.wants/x.service\"]}",
			""},
		{"{\"RequiredBy\":[\"multi-user.target\"],\"Links\":"
		 "[\"/etc/systemd/system/multi-user.target.requires/x.service\"]}",
			""},
		/* one that is down and disabled starts nothing; one that is not there neither */
		{"{\"WantedBy\":[\"nothing.service\"],\"RequiredBy\":[\"nothing.service\"]}", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *units = with("x.service", cases[i].text);
		struct service service = inspect(units, "x.service");
		assert_int_equal(service.verdict, SERVICE_OPEN);
		assert_int_equal(service.n, 1);
		assert_string_equal(service.members[0].mask_reason, cases[i].reason);
		service_done(&service);
		json_decref(units);
	}
}

/* Killed after disabling and before systemd read its files again: it still has the old wants. */
static void test_links_that_are_gone_already(void **state)
{
	(void)state;
	struct names removed = {0}, activations = {0};
	json_t *units = with("x.service", "{\"WantedBy\":[\"multi-user.target\"],\"Names\":[\"x."
					  "service\",\"dbus-x.service\"]}");

	assert_int_equal(
		names_add(&removed, "/etc/systemd/system/multi-user.target.wants/x.service"), 0);
	assert_int_equal(names_add(&removed, "/etc/systemd/system/dbus-x.service"), 0);
	assert_int_equal(names_add(&activations, "dbus-x.service"), 0);
	past_links = &removed;
	struct service service =
		inspect_with(units, "x.service", activations, (struct names){0}, false);
	assert_string_equal(service.members[0].mask_reason, "");
	service_done(&service);
	past_links = &no_names;
	service = inspect_with(units, "x.service", activations, (struct names){0}, false);
	assert_string_not_equal(service.members[0].mask_reason, "");
	service_done(&service);
	names_done(&removed);
	names_done(&activations);
	json_decref(units);
}

static void test_an_instance_of_a_template(void **state)
{
	(void)state;
	struct service service = inspect(captured, "getty@tty1.service");

	assert_int_equal(service.verdict, SERVICE_OPEN);
	assert_int_equal(service.n, 1);
	assert_int_equal(service.members[0].links.n, 1);
	service_done(&service);
}

static void test_a_timer_goes_with_its_service(void **state)
{
	(void)state;
	json_t *units =
		with("x.service", "{\"UnitFileState\":\"static\",\"TriggeredBy\":[\"x.timer\"]}");
	json_t *timer = with(
		"x.timer", "{\"Links\":[\"/etc/systemd/system/timers.target.wants/x.timer\"]}");

	assert_int_equal(json_object_update_missing(units, timer), 0);
	struct service service = inspect(units, "x.service");
	assert_int_equal(service.verdict, SERVICE_OPEN);
	assert_int_equal(service.n, 2);
	assert_int_equal(member(&service, "x.timer")->role, SERVICE_ROLE_TRIGGER);
	assert_int_equal(member(&service, "x.timer")->links.n, 1);
	service_done(&service);
	json_decref(timer);
	json_decref(units);
}

static void test_a_ring_of_requirements_ends(void **state)
{
	(void)state;
	json_t *units = with("a.service", "{\"RequiredBy\":[\"b.service\",\"a.service\"]}");
	json_t *others =
		with("b.service", "{\"RequiredBy\":[\"a.service\"],\"TriggeredBy\":[\"b.timer\"]}");

	assert_int_equal(json_object_update_missing(units, others), 0);
	struct service service = inspect(units, "a.service");
	assert_int_equal(service.n, 2); /* b.timer is not installed */
	assert_int_equal(service.members[1].role, SERVICE_ROLE_DEPENDANT);
	service_done(&service);
	json_decref(units);
	json_decref(others);
}

static void test_too_many_members(void **state)
{
	(void)state;
	json_t *units = json_deep_copy(captured), *requirers = json_array();
	const struct names none = {0};
	struct guard guard = {0};
	const struct service_source source = {load_unit, list_links, units};
	const struct service_rules rules = {&nowhere, &guard, &none, &none, &none, &none, false};
	struct service service;
	struct error err;

	for (int i = 0; i < SERVICE_MEMBERS_MAX; i++) {
		char id[32];
		snprintf(id, sizeof(id), "r%d.service", i);
		json_t *one = with(id, "{}");
		assert_int_equal(json_object_update_missing(units, one), 0);
		json_decref(one);
		json_array_append_new(requirers, json_string(id));
	}
	json_object_set_new(json_object_get(units, "cups.service"), "RequiredBy", requirers);
	assert_int_equal(service_inspect(&source, &rules, "cups.service", &service, &err), -E2BIG);
	assert_non_null(strstr(err.text, "more than 32 units"));
	json_decref(units);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cups_goes_with_all_that_brings_it_back),
		cmocka_unit_test(test_a_want_in_a_unit_file_is_masked),
		cmocka_unit_test(test_an_alias_is_its_service),
		cmocka_unit_test(test_activation_under_its_own_name_is_masked),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_masked_but_running_is_refused),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_what_carries_the_session_is_named_or_left),
		cmocka_unit_test(test_wants_that_stay),
		cmocka_unit_test(test_links_that_are_gone_already),
		cmocka_unit_test(test_an_instance_of_a_template),
		cmocka_unit_test(test_a_timer_goes_with_its_service),
		cmocka_unit_test(test_a_ring_of_requirements_ends),
		cmocka_unit_test(test_too_many_members),
	};

	captured = captured_load("units.json");
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(captured);
	return r;
}
