#include "tune/service/service-record.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tune/service/service-link.h"
#include "util/fixture-tree.h"

#define WANTS "/etc/systemd/system/multi-user.target.wants"

static void make_member(
	struct service_member *member, const char *id, const char *link, enum service_role role)
{
	json_t *properties = json_pack("{s:s,s:[s],s:s,s:s,s:s,s:b}", "Id", id, "Names", id,
		"LoadState", "loaded", "ActiveState", "active", "UnitFileState", "enabled",
		"CanStop", 1);

	*member = (struct service_member){.role = role};
	assert_int_equal(unit_from_json(properties, &member->unit, NULL), 0);
	if (link) {
		assert_int_equal(names_add(&member->links, link), 0);
	}
	json_decref(properties);
}

static void free_member(struct service_member *member)
{
	unit_done(&member->unit);
	names_done(&member->links);
}

static void test_there_and_back(void **state)
{
	(void)state;
	struct tree tree;
	struct service_member members[2];
	struct service service = {.members = members, .n = 2};
	struct service_record record;
	struct error err;
	json_t *json, *again;
	struct names masked = {0};

	tree_init(&tree);
	tree_link(&tree, WANTS "/a.service", "../../lib/a.service");
	make_member(&members[0], "a.service", WANTS "/a.service", SERVICE_ROLE_SELF);
	make_member(&members[1], "a.socket", NULL, SERVICE_ROLE_TRIGGER);
	assert_int_equal(service_record_make(&service, &tree.root, NULL, &json, &err), 0);
	assert_int_equal(service_record_parse(json, &record, &err), 0);
	assert_int_equal(record.n, 2);
	assert_string_equal(record.units[0].id, "a.service");
	assert_true(record.units[0].was_up);
	assert_false(record.units[0].is_masked);
	assert_int_equal(record.units[0].n_links, 1);
	assert_string_equal(record.units[0].links[0].target, "../../lib/a.service");
	assert_int_equal(record.units[1].role, SERVICE_ROLE_TRIGGER);
	assert_non_null(service_unit_find_link(&record.units[0], WANTS "/a.service"));
	assert_null(service_unit_find_link(&record.units[0], WANTS "/b.service"));
	service_record_done(&record);

	/* Later: it is down, has no links, and needs a mask. What is known stays known. */
	names_done(&members[0].links);
	strcpy(members[0].unit.active_state, "inactive");
	strcpy(members[0].mask_reason, "x wants it");
	service.n = 1;
	assert_int_equal(service_record_make(&service, &tree.root, json, &again, &err), 0);
	assert_int_equal(service_record_parse(again, &record, &err), 0);
	assert_int_equal(record.n, 2);
	assert_true(record.units[0].was_up);
	assert_true(record.units[0].is_masked);
	assert_int_equal(record.units[0].n_links, 1);
	assert_int_equal(service_record_list_masked(&record, &masked), 0);
	assert_int_equal(masked.n, 1);
	assert_string_equal(masked.items[0], "a.service");
	names_done(&masked);
	service_record_done(&record);
	json_decref(again);
	json_decref(json);
	free_member(&members[0]);
	free_member(&members[1]);
	tree_done(&tree);
}

static void test_a_link_that_is_gone_is_an_error(void **state)
{
	(void)state;
	struct tree tree;
	struct service_member member;
	const struct service service = {.members = &member, .n = 1};
	struct error err;
	json_t *json;

	tree_init(&tree);
	make_member(&member, "a.service", WANTS "/a.service", SERVICE_ROLE_SELF);
	assert_int_equal(service_record_make(&service, &tree.root, NULL, &json, &err), -ENOENT);
	assert_non_null(strstr(err.text, WANTS "/a.service"));
	free_member(&member);
	tree_done(&tree);
}

static void test_damaged_records(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"{}",
		"{\"units\":[]}",
		"{\"units\":{}}",
		"{\"units\":[1]}",
		"{\"units\":[{\"unit\":\"a.service\",\"role\":\"service\",\"up\":true,\"mask\":1,"
		"\"links\":[]}]}",
		"{\"units\":[{\"unit\":\"a\",\"role\":\"service\",\"up\":true,\"mask\":false,"
		"\"links\":[]}]}",
		"{\"units\":[{\"unit\":\"a.service\",\"role\":\"king\",\"up\":true,\"mask\":false,"
		"\"links\":[]}]}",
		"{\"units\":[{\"unit\":\"a.service\",\"role\":\"service\",\"up\":true,"
		"\"mask\":false}]}",
		"{\"units\":[{\"unit\":\"a.service\",\"role\":\"service\",\"up\":true,"
		"\"mask\":false,\"links\":[{\"path\":\"/a\",\"target\":\"b\"},{\"path\":\"a\","
		"\"target\":\"b\"}]}]}",
		"{\"units\":[{\"unit\":\"a.service\",\"role\":\"service\",\"up\":true,"
		"\"mask\":false,\"links\":[{\"path\":\"/a\",\"target\":\"\"}]}]}",
	};
	struct service_record record;
	struct error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = json_loads(cases[i], 0, NULL);
		assert_non_null(json);
		if (service_record_parse(json, &record, &err) != -EBADMSG) {
			fail_msg("%s is taken", cases[i]);
		}
		json_decref(json);
	}
}

static void check_link(const struct tree *tree, const char *path, enum service_link_state wanted)
{
	enum service_link_state state;

	assert_int_equal(service_link_look(&tree->root, path, "/lib/a", &state), 0);
	assert_int_equal(state, wanted);
}

static void test_links(void **state)
{
	(void)state;
	struct tree tree;
	struct error err;
	struct stat status;
	char full[PATH_MAX];

	tree_init(&tree);
	tree_link(&tree, WANTS "/other", "/lib/b");
	tree_write(&tree, WANTS "/file", "x");
	check_link(&tree, WANTS "/a", SERVICE_LINK_GONE);
	check_link(&tree, "/etc/none/a", SERVICE_LINK_GONE);
	check_link(&tree, WANTS "/other", SERVICE_LINK_OTHER);
	check_link(&tree, WANTS "/file", SERVICE_LINK_OTHER);
	check_link(&tree, WANTS "/file/a", SERVICE_LINK_OTHER);

	/* Twice, and with the folder gone, whatever the mask is. */
	mode_t mask = umask(077);
	assert_int_equal(
		service_link_restore(&tree.root, "/etc/systemd/system/x.wants/a", "/lib/a", &err),
		0);
	assert_int_equal(
		service_link_restore(&tree.root, "/etc/systemd/system/x.wants/a", "/lib/a", &err),
		0);
	umask(mask);
	check_link(&tree, "/etc/systemd/system/x.wants/a", SERVICE_LINK_THERE);
	assert_int_equal(
		sysroot_path(&tree.root, "/etc/systemd/system/x.wants", full, sizeof(full)), 0);
	assert_int_equal(stat(full, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);

	/* What an administrator put there stays. */
	assert_int_equal(service_link_restore(&tree.root, WANTS "/other", "/lib/a", &err), -EEXIST);
	assert_non_null(strstr(err.text, WANTS "/other"));
	check_link(&tree, WANTS "/other", SERVICE_LINK_OTHER);
	/* More than the folder of the link is missing: something else is wrong. */
	assert_int_equal(service_link_restore(&tree.root, "/opt/x/y/a", "/lib/a", &err), -ENOENT);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_a_link_that_is_gone_is_an_error),
		cmocka_unit_test(test_damaged_records),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
