#include "systemd/scope.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernel/cgroup.h"
#include "util/backoff.h"
#include "util/clock.h"

#define CALL_TIMEOUT_NS (10 * NSEC_PER_SEC)
#define WAIT_NS         (10 * NSEC_PER_SEC)

static const struct bus_object manager = {"org.freedesktop.systemd1", "/org/freedesktop/systemd1",
	"org.freedesktop.systemd1.Manager"};

static bool is_inside(pid_t pid, const char *id)
{
	char path[64], text[4096 + 1], wanted[CGROUP_PATH_MAX];
	struct cgroup_path found;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)pid);
	if (sysroot_read(&sysroot_real, path, text, sizeof(text) - 1) < 0) {
		return false;
	}
	strcat(text, "\n"); /* sysroot_read took it */
	snprintf(wanted, sizeof(wanted), "/" SCOPE_SLICE "/%.200s", id);
	return cgroup_path_parse(text, &found) == 0 && strcmp(found.path, wanted) == 0;
}

int scope_start(
	struct bus *bus, const char *id, const char *description, pid_t pid, struct error *err)
{
	struct backoff backoff;
	int r = bus_call(bus, &manager, "StartTransientUnit", CALL_TIMEOUT_NS, NULL, err,
		"ssa(sv)a(sa(sv))", id, "fail", 6, "Description", "s", description, "Slice", "s",
		SCOPE_SLICE, "PIDs", "au", 1, (unsigned)pid, "Delegate", "b", 1, "MemoryAccounting",
		"b", 1, "CollectMode", "s", "inactive-or-failed", 0);

	if (r < 0) {
		return r;
	}
	backoff_init(&backoff, WAIT_NS);
	while (!is_inside(pid, id)) {
		if (!backoff_wait(&backoff)) {
			return error_set(err, -ETIMEDOUT,
				"%s: systemd made the scope, but no memory cgroup for it in %d s; "
				"see `systemctl status %s`",
				id, (int)(WAIT_NS / NSEC_PER_SEC), id);
		}
	}
	return 0;
}
