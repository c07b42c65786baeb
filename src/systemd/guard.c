/*
 * Which program configured an interface the kernel does not know. The programs do, and say so
 * under /run; of those that do not say it, being one of them is enough.
 */
#include "systemd/guard.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/process/process-stat.h"
#include "util/cleanup.h"

#define PARENTS_MAX 64

/* Destination and mask are 0; also a route without a gateway, as over a telephone. */
static int read_routes_v4(const struct sysroot *root, struct names *routes)
{
	_cleanup_file_ FILE *file = sysroot_open_file(root, "/proc/net/route");
	char line[512], name[32], mask[16], destination[16];
	int r = 0;

	while (r == 0 && file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %15s %*s %*s %*s %*s %*s %15s", name, destination, mask) ==
				3 &&
			strcmp(destination, "00000000") == 0 && strcmp(mask, "00000000") == 0) {
			r = names_add_once(routes, name);
		}
	}
	return r;
}

/* ::/0. The kernel has one of its own that rejects, on lo. */
static int read_routes_v6(const struct sysroot *root, struct names *routes)
{
	_cleanup_file_ FILE *file = sysroot_open_file(root, "/proc/net/ipv6_route");
	char line[512], destination[40], length[8], name[32];
	int r = 0;

	while (r == 0 && file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%39s %7s %*s %*s %*s %*s %*s %*s %*s %31s", destination, length,
			    name) == 3 &&
			strspn(destination, "0") == strlen(destination) &&
			strcmp(length, "00") == 0 && strcmp(name, "lo") != 0) {
			r = names_add_once(routes, name);
		}
	}
	return r;
}

/* The unit in a path such as /system.slice/ssh.service/sub: the deepest that is no slice. */
static int add_unit_of(char *group, struct names *units)
{
	char *rest = NULL;
	int r = 0;

	for (char *part = strtok_r(group, "/\n", &rest); part && r == 0;
		part = strtok_r(NULL, "/\n", &rest)) {
		const char *kind = strrchr(part, '.');
		if (kind && (strcmp(kind, ".service") == 0 || strcmp(kind, ".scope") == 0)) {
			r = names_add_once(units, part);
		}
	}
	return r;
}

/* The hierarchy of systemd: "0::PATH", or "N:name=systemd:PATH" with cgroup v1. */
static int read_unit(const struct sysroot *root, pid_t pid, struct names *units)
{
	char path[64], line[PATH_MAX];
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	while (r == 0 && file && fgets(line, sizeof(line), file)) {
		char *group = strchr(line, '/');
		if (group && (strncmp(line, "0::", 3) == 0 || strstr(line, ":name=systemd:"))) {
			r = add_unit_of(group, units);
		}
	}
	return r;
}

int guard_init(struct guard *guard, const struct sysroot *root, pid_t pid)
{
	*guard = (struct guard){0};
	int r = read_routes_v4(root, &guard->routes);

	r = r ? r : read_routes_v6(root, &guard->routes);
	for (unsigned i = 0; r == 0 && pid > 0 && i < PARENTS_MAX; i++) {
		struct process_stat stat;

		r = read_unit(root, pid, &guard->sessions);
		pid = process_stat_read(root, pid, &stat) == 0 ? stat.parent : 0;
	}
	if (r < 0) {
		guard_done(guard);
	}
	return r;
}

void guard_done(struct guard *guard)
{
	names_done(&guard->routes);
	names_done(&guard->sessions);
}

static unsigned read_index(const struct sysroot *root, const char *interface)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", interface);
	return sysroot_read(root, path, text, sizeof(text)) < 0 ? 0
								: (unsigned)strtoul(text, NULL, 10);
}

static bool is_wireless(const struct sysroot *root, const char *interface)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/phy80211", interface);
	return sysroot_exists(root, path);
}

/* /run/NetworkManager/devices/INDEX has "managed=full" under [device]. */
static bool is_of_network_manager(const struct sysroot *root, const char *interface)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/run/NetworkManager/devices/%u", read_index(root, interface));
	return sysroot_read(root, path, text, sizeof(text)) == 0 &&
	       !strstr(text, "managed=unmanaged");
}

/* /run/systemd/netif/links/INDEX has ADMIN_STATE. */
static bool is_of_networkd(const struct sysroot *root, const char *interface)
{
	char path[64], text[8192];

	snprintf(path, sizeof(path), "/run/systemd/netif/links/%u", read_index(root, interface));
	return sysroot_read(root, path, text, sizeof(text)) == 0 &&
	       !strstr(text, "ADMIN_STATE=unmanaged");
}

/* ifupdown: "eth0=eth0" in its list. */
static bool is_of_ifupdown(const struct sysroot *root, const char *interface)
{
	char line[128];
	size_t length = strlen(interface);
	_cleanup_file_ FILE *file = sysroot_open_file(root, "/run/network/ifstate");

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, interface, length) == 0 && line[length] == '=') {
			return true;
		}
	}
	return false;
}

static bool is_any(const struct sysroot *root, const char *interface)
{
	(void)root;
	(void)interface;
	return true;
}

static const struct carrier {
	const char *pattern; /* of the unit's name */
	bool (*carries)(const struct sysroot *root, const char *interface);
} carriers[] = {
	{"NetworkManager.service", is_of_network_manager},
	{"systemd-networkd.s*", is_of_networkd},
	{"networking.service", is_of_ifupdown},
	{"ifup@*.service", is_of_ifupdown},
	{"wpa_supplicant*.service", is_wireless},
	{"iwd.service", is_wireless},
	{"dhcpcd*.service", is_any},
	{"dhclient*.service", is_any},
	{"connman.service", is_any},
};

static bool matches_one(const char *id, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(patterns[i], id, 0) == 0) {
			return true;
		}
	}
	return false;
}

bool guard_forbids(const char *id)
{
	static const char *const patterns[] = {"dbus.*", "dbus-broker.service"};

	return matches_one(id, patterns, sizeof(patterns) / sizeof(patterns[0]));
}

static bool is_essential(const char *id)
{
	static const char *const patterns[] = {"systemd-journald*", "systemd-udevd*",
		"systemd-logind.service", "systemd-tmpfiles-setup*", "systemd-remount-fs.service",
		"systemd-user-sessions.service"};

	return guard_forbids(id) ||
	       matches_one(id, patterns, sizeof(patterns) / sizeof(patterns[0]));
}

bool guard_protects(
	const struct guard *guard, const struct sysroot *root, const char *id, char *ret_reason)
{
	if (names_contain(&guard->sessions, id)) {
		snprintf(ret_reason, GUARD_REASON_MAX, "it carries this session");
		return true;
	}
	if (is_essential(id)) {
		snprintf(ret_reason, GUARD_REASON_MAX, "the system does not work without it");
		return true;
	}
	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		if (fnmatch(carriers[i].pattern, id, 0) != 0) {
			continue;
		}
		for (size_t j = 0; j < guard->routes.n; j++) {
			if (carriers[i].carries(root, guard->routes.items[j])) {
				snprintf(ret_reason, GUARD_REASON_MAX,
					"it carries the default route, over %.32s",
					guard->routes.items[j]);
				return true;
			}
		}
	}
	return false;
}
