/*
 * What must not be stopped by accident: the services that carry the default route, and those that
 * carry the session from which the program was started, directly or through a parent process; and a
 * few without which nothing works.
 */
#ifndef SYSTEMD_GUARD_H
#define SYSTEMD_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/names.h"
#include "util/sysroot.h"

#define GUARD_REASON_MAX 160

struct guard {
	struct names routes;   /* interfaces of default routes */
	struct names sessions; /* units of the process and of all its parents */
};

/*
 * Reads /proc of root; pid is the process that asks. What cannot be read is taken as not there. 0,
 * or -ENOMEM.
 */
int guard_init(struct guard *guard, const struct sysroot *root, pid_t pid);
void guard_done(struct guard *guard);

/* true for what tune itself needs to take anything back. */
bool guard_forbids(const char *id);

/*
 * true when the unit carries one of them; ret_reason (GUARD_REASON_MAX bytes) then says which: "it
 * carries the default route, over eth0".
 */
bool guard_protects(
	const struct guard *guard, const struct sysroot *root, const char *id, char *ret_reason);

#endif
