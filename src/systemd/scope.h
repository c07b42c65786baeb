/* A transient scope: a unit of systemd around a process that systemd did not start. */
#ifndef SYSTEMD_SCOPE_H
#define SYSTEMD_SCOPE_H

#include <sys/types.h>

#include "systemd/bus.h"
#include "systemd/unit.h"
#include "util/error.h"

#define SCOPE_SLICE "system.slice"

/*
 * Makes the scope id, in SCOPE_SLICE, with the process in it, and waits until the process is in its
 * memory cgroup, /system.slice/ID in the hierarchy, which is the caller's to divide (Delegate=).
 * systemd removes it when no process is left. 0; -ETIMEDOUT; errors as of bus_call.
 */
int scope_start(
	struct bus *bus, const char *id, const char *description, pid_t pid, struct error *err);

#endif
