/* On the start-up of a board, as its systemd told it (tests/fixtures/systemd/boot.json). */
#include "boot/boot.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static json_t *captured;

static const json_t *manager(void)
{
	return json_object_get(captured, "manager");
}

static const json_t *units(void)
{
	return json_object_get(captured, "units");
}

static const struct boot_unit *find(const struct boot *boot, const char *id)
{
	for (size_t i = 0; i < boot->n; i++) {
		if (strcmp(boot->units[i].unit.id, id) == 0) {
			return &boot->units[i];
		}
	}
	return NULL;
}

static struct boot init(const json_t *from, const json_t *list, bool is_container)
{
	struct boot boot;
	struct error err;

	if (boot_init(&boot, from, list, "graphical.target", is_container, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return boot;
}

/* The figures are those of systemd-analyze on that board: 2.693s + 29.278s = 31.972s. */
static void test_phases(void **state)
{
	(void)state;
	struct boot boot = init(manager(), units(), false);

	assert_int_equal(boot.phases.firmware_us, 0);
	assert_int_equal(boot.phases.loader_us, 0);
	assert_int_equal(boot.phases.initrd_us, 0);
	assert_int_equal(boot.phases.kernel_us / 1000, 2693);
	assert_int_equal(boot.phases.userspace_us / 1000, 29278);
	assert_int_equal(boot.phases.total_us / 1000, 31972);
	boot_done(&boot);
}

/* The slowest of systemd-analyze blame, in its order. */
static void test_slowest(void **state)
{
	(void)state;
	static const struct {
		const char *id;
		unsigned ms;
	} wanted[] = {
		{"dev-vda.device", 11697},
		{"systemd-udev-trigger.service", 9939},
		{"systemd-logind.service", 8378},
		{"systemd-networkd.service", 7827},
		{"polkit.service", 6510},
		{"cups.service", 5582},
		{"ModemManager.service", 4967},
		{"avahi-daemon.service", 3175},
		{"systemd-journald.service", 3147},
	};
	struct boot boot = init(manager(), units(), false);

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_string_equal(boot.units[i].unit.id, wanted[i].id);
		assert_int_equal(boot.units[i].duration_us / 1000, wanted[i].ms);
	}
	/* One that ran and ended, and is not up. */
	assert_int_equal(find(&boot, "modprobe@drm.service")->duration_us / 1000, 1654);
	/* One that a login started after the end. */
	assert_null(find(&boot, "user@0.service"));
	boot_done(&boot);
}

/* systemd-analyze critical-chain */
static void test_chain(void **state)
{
	(void)state;
	static const char *const wanted[] = {"graphical.target", "multi-user.target",
		"ModemManager.service", "polkit.service", "basic.target", "sockets.target",
		"dbus.socket", "sysinit.target", "systemd-udev-trigger.service",
		"systemd-udevd-kernel.socket", "system.slice", "-.slice"};
	struct boot boot = init(manager(), units(), false);

	assert_int_equal(boot.n_chain, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < boot.n_chain; i++) {
		assert_string_equal(boot.units[boot.chain[i]].unit.id, wanted[i]);
	}
	boot_done(&boot);
}

static void check_advice(
	const struct boot *boot, const char *id, bool can_leave_out, const char *reason)
{
	const struct boot_unit *unit = find(boot, id);

	assert_non_null(unit);
	if (unit->can_leave_out != can_leave_out || !strstr(unit->reason, reason)) {
		fail_msg("%s: %d, %s", id, unit->can_leave_out, unit->reason);
	}
}

static void test_advice(void **state)
{
	(void)state;
	struct boot boot = init(manager(), units(), false);
	struct tree tree;
	struct guard guard;

	tree_init(&tree);
	tree_write(&tree, "/proc/net/route",
		"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
		"enp0s3\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
	tree_write(&tree, "/sys/class/net/enp0s3/ifindex", "2\n");
	tree_write(&tree, "/run/systemd/netif/links/2", "ADMIN_STATE=configured\n");
	tree_write(&tree, "/proc/7/cgroup", "0::/system.slice/lab-agent.service\n");
	assert_int_equal(guard_init(&guard, &tree.root, 7), 0);
	boot_advise(&boot, &guard, &tree.root);

	check_advice(&boot, "cups.service", true, "required by cups-browsed.service");
	check_advice(&boot, "cups.service", true, "started by cups.path, cups.socket");
	check_advice(&boot, "ModemManager.service", true, "wanted by multi-user.target");
	check_advice(&boot, "systemd-networkd.service", false, "default route, over enp0s3");
	check_advice(&boot, "lab-agent.service", false, "it carries this session");
	check_advice(&boot, "systemd-udev-trigger.service", false, "basic.target needs it");
	check_advice(&boot, "systemd-journald.service", false, "basic.target needs it");
	check_advice(&boot, "dev-vda.device", false, "not a service");
	check_advice(&boot, "multi-user.target", false, "not a service");
	guard_done(&guard);
	tree_done(&tree);
	boot_done(&boot);
}

static json_t *manager_with(const char *key, json_int_t value)
{
	json_t *changed = json_deep_copy(manager());

	assert_int_equal(json_object_set_new(changed, key, json_integer(value)), 0);
	return changed;
}

static void test_firmware_loader_and_initrd(void **state)
{
	(void)state;
	json_t *changed = manager_with("FirmwareTimestampMonotonic", 5000000);
	json_object_set_new(changed, "LoaderTimestampMonotonic", json_integer(2000000));
	json_object_set_new(changed, "InitRDTimestampMonotonic", json_integer(1000000));
	struct boot boot = init(changed, units(), false);
	uint64_t userspace_us = (uint64_t)json_integer_value(
		json_object_get(changed, "UserspaceTimestampMonotonic"));

	assert_int_equal(boot.phases.firmware_us, 3000000);
	assert_int_equal(boot.phases.loader_us, 2000000);
	assert_int_equal(boot.phases.kernel_us, 1000000);
	assert_int_equal(boot.phases.initrd_us, userspace_us - 1000000);
	assert_int_equal(boot.phases.total_us, boot.finish_us + 5000000);
	boot_done(&boot);
	json_decref(changed);
}

static void test_a_container_counts_from_its_own_start(void **state)
{
	(void)state;
	struct boot boot = init(manager(), units(), true);

	assert_int_equal(boot.userspace_at_us, 0);
	assert_int_equal(boot.phases.kernel_us, 0);
	assert_int_equal(boot.phases.total_us, boot.phases.userspace_us);
	assert_int_equal(boot.finish_us, boot.phases.userspace_us);
	assert_string_equal(boot.units[1].unit.id, "systemd-udev-trigger.service");
	assert_int_equal(boot.units[1].duration_us / 1000, 9939);
	assert_int_equal(boot.n_chain, 12);
	boot_done(&boot);
}

static void test_not_finished_and_damaged(void **state)
{
	(void)state;
	struct boot boot;
	struct error err;
	json_t *changed = manager_with("FinishTimestampMonotonic", 0);

	assert_int_equal(
		boot_init(&boot, changed, units(), "graphical.target", false, &err), -EAGAIN);
	assert_non_null(strstr(err.text, "has not ended yet"));
	json_object_set_new(changed, "FinishTimestampMonotonic", json_string("x"));
	assert_int_equal(
		boot_init(&boot, changed, units(), "graphical.target", false, &err), -EBADMSG);
	json_decref(changed);

	changed = json_deep_copy(units());
	json_object_del(json_array_get(changed, 0), "InactiveExitTimestampMonotonic");
	assert_int_equal(
		boot_init(&boot, manager(), changed, "graphical.target", false, &err), -EBADMSG);
	json_decref(changed);
}

static void test_no_units_and_another_target(void **state)
{
	(void)state;
	struct boot boot;
	json_t *none = json_array();

	assert_int_equal(boot_init(&boot, manager(), none, "graphical.target", false, NULL), 0);
	assert_int_equal(boot.n + boot.n_chain, 0);
	boot_done(&boot);
	json_decref(none);
	assert_int_equal(boot_init(&boot, manager(), units(), "none.target", false, NULL), 0);
	assert_int_equal(boot.n_chain, 0);
	boot_done(&boot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_slowest),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_firmware_loader_and_initrd),
		cmocka_unit_test(test_a_container_counts_from_its_own_start),
		cmocka_unit_test(test_not_finished_and_damaged),
		cmocka_unit_test(test_no_units_and_another_target),
	};

	captured = captured_load("boot.json");
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(captured);
	return r;
}
