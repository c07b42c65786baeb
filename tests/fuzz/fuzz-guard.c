/* The routes, and the cgroups and parents of the process, that tell what must not be stopped. */
#include "systemd/guard.h"

#include <string.h>

#include "tree.h"

static const char *const files[] = {
	"/proc/net/route",
	"/proc/net/ipv6_route",
	"/proc/7/cgroup",
	"/proc/7/stat",
	"/proc/8/cgroup",
	"/proc/8/stat",
	"/sys/class/net/eth0/ifindex",
	"/run/NetworkManager/devices/2",
	"/run/systemd/netif/links/2",
	"/run/network/ifstate",
};

static const char *const units[] = {
	"NetworkManager.service",
	"systemd-networkd.service",
	"networking.service",
	"wpa_supplicant.service",
	"cups.service",
};

static bool ends_in(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void check_names(const struct guard *guard)
{
	for (size_t i = 0; i < guard->routes.n; i++) {
		must(guard->routes.items[i][0] && !strpbrk(guard->routes.items[i], " \t\n"));
	}
	for (size_t i = 0; i < guard->sessions.n; i++) {
		const char *unit = guard->sessions.items[i];
		must(!strpbrk(unit, "/\n"));
		must(ends_in(unit, ".service") || ends_in(unit, ".scope"));
	}
}

static void check_unit(const struct guard *guard, const struct sysroot *root, const char *unit)
{
	char *reason = malloc(GUARD_REASON_MAX);

	must(reason != NULL);
	if (guard_protects(guard, root, unit, reason)) {
		must(memchr(reason, '\0', GUARD_REASON_MAX) && reason[0]);
		must(guard->routes.n + guard->sessions.n > 0);
	}
	free(reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sysroot *root;
	struct guard guard;

	if (!root) {
		root = tree_make(files, sizeof(files) / sizeof(files[0]));
	}
	tree_fill(data, size);
	must(guard_init(&guard, root, 7) == 0);
	check_names(&guard);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		check_unit(&guard, root, units[i]);
	}
	guard_done(&guard);
	return 0;
}
