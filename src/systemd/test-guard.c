#include "systemd/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static const char routes[] =
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	"eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	"eth1\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

static const char routes_v6[] =
	"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	"fe800000000000000000000000000001 00000400 00000001 00000000 00000003    wlan0\n"
	"fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
	"00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth1\n"
	"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n";

/* What follows the parent in /proc/PID/stat. */
#define STAT_REST " 1 1 0 -1 4194560 9 0 0 0 1 2 0 0 20 0 1 0 500 9502720 1024\n"

static void put_machine(const struct tree *tree)
{
	tree_write(tree, "/proc/net/route", routes);
	tree_write(tree, "/proc/net/ipv6_route", routes_v6);
	tree_write(tree, "/sys/class/net/eth0/ifindex", "2\n");
	tree_write(tree, "/sys/class/net/wlan0/ifindex", "3\n");
	tree_write(tree, "/sys/class/net/wlan0/phy80211/name", "phy0\n");
	/* ssh: the shell, the session's sshd, the listening sshd, PID 1 */
	tree_write(tree, "/proc/100/cgroup", "0::/user.slice/user-0.slice/session-3.scope\n");
	tree_write(tree, "/proc/100/stat", "100 (ba) sh) S 90" STAT_REST);
	tree_write(tree, "/proc/90/cgroup", "0::/user.slice/user-0.slice/session-3.scope\n");
	tree_write(tree, "/proc/90/stat", "90 (sshd) S 80" STAT_REST);
	tree_write(tree, "/proc/80/cgroup", "0::/system.slice/ssh.service\n");
	tree_write(tree, "/proc/80/stat", "80 (sshd) S 1" STAT_REST);
	tree_write(tree, "/proc/1/cgroup", "0::/init.scope\n");
	tree_write(tree, "/proc/1/stat", "1 (systemd) S 0" STAT_REST);
}

static void check(
	const struct tree *tree, const struct guard *guard, const char *id, const char *words)
{
	char reason[GUARD_REASON_MAX] = "";
	bool is_protected = guard_protects(guard, &tree->root, id, reason);

	if (is_protected != (words != NULL) || (words && !strstr(reason, words))) {
		fail_msg("%s: %d, %s", id, is_protected, reason);
	}
}

static void test_the_session(void **state)
{
	(void)state;
	struct tree tree;
	struct guard guard;

	tree_init(&tree);
	put_machine(&tree);
	assert_int_equal(guard_init(&guard, &tree.root, 100), 0);
	check(&tree, &guard, "ssh.service", "it carries this session");
	check(&tree, &guard, "session-3.scope", "it carries this session");
	check(&tree, &guard, "getty@tty1.service", NULL);
	check(&tree, &guard, "cups.service", NULL);
	check(&tree, &guard, "dbus.service", "does not work without it");
	check(&tree, &guard, "dbus.socket", "does not work without it");
	guard_done(&guard);
	tree_done(&tree);
}

static void test_the_default_route(void **state)
{
	(void)state;
	struct tree tree;
	struct guard guard;

	tree_init(&tree);
	put_machine(&tree);
	assert_int_equal(guard_init(&guard, &tree.root, 100), 0);
	assert_int_equal(guard.routes.n, 2);
	check(&tree, &guard, "NetworkManager.service", NULL);
	check(&tree, &guard, "systemd-networkd.service", NULL);
	check(&tree, &guard, "networking.service", NULL);
	check(&tree, &guard, "wpa_supplicant.service", "default route, over wlan0");
	check(&tree, &guard, "wpa_supplicant@wlan0.service", "default route, over wlan0");
	check(&tree, &guard, "dhcpcd.service", "default route, over eth0");

	tree_write(&tree, "/run/NetworkManager/devices/2", "[device]\nmanaged=unmanaged\n");
	tree_write(&tree, "/run/systemd/netif/links/2", "ADMIN_STATE=configured\n");
	tree_write(&tree, "/run/network/ifstate", "lo=lo\neth0=eth0\n");
	check(&tree, &guard, "NetworkManager.service", NULL);
	check(&tree, &guard, "systemd-networkd.service", "default route, over eth0");
	check(&tree, &guard, "systemd-networkd.socket", "default route, over eth0");
	check(&tree, &guard, "networking.service", "default route, over eth0");
	check(&tree, &guard, "ifup@eth0.service", "default route, over eth0");

	tree_write(&tree, "/run/NetworkManager/devices/3", "[device]\nmanaged=full\n");
	tree_write(&tree, "/run/systemd/netif/links/2", "ADMIN_STATE=unmanaged\n");
	check(&tree, &guard, "NetworkManager.service", "default route, over wlan0");
	check(&tree, &guard, "systemd-networkd.service", NULL);
	guard_done(&guard);
	tree_done(&tree);
}

static void test_cgroup_v1_and_nothing(void **state)
{
	(void)state;
	struct tree tree;
	struct guard guard;

	tree_init(&tree);
	assert_int_equal(guard_init(&guard, &tree.root, 100), 0);
	check(&tree, &guard, "dhcpcd.service", NULL); /* there is no route to lose */
	guard_done(&guard);

	tree_write(&tree, "/proc/100/cgroup",
		"12:cpu:/a.service\n1:name=systemd:/user.slice/user-0.slice/user@0.service/"
		"app.slice/"
		"tmux.scope\n0::/\n");
	tree_write(&tree, "/proc/100/stat", "100 (sh) S 100" STAT_REST); /* its own parent */
	assert_int_equal(guard_init(&guard, &tree.root, 100), 0);
	check(&tree, &guard, "user@0.service", "it carries this session");
	check(&tree, &guard, "tmux.scope", "it carries this session");
	check(&tree, &guard, "a.service", NULL);
	guard_done(&guard);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_session),
		cmocka_unit_test(test_the_default_route),
		cmocka_unit_test(test_cgroup_v1_and_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
