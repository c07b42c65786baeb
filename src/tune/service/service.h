/*
 * What it takes that a service goes away and stays away: the service itself, what would start it
 * again, and what cannot be without it. Reads, and decides; changes nothing.
 *
 * Members of the decision are
 * - the service;
 * - its triggers: sockets, paths and timers;
 * - its dependants: services that require it and are enabled or up. They would pull it in at boot,
 *   and end with it. And units that are disabled along with one (Also=);
 * - followers: what stops with one of these (PartOf=, StopPropagatedFrom=) and runs.
 * All but the followers are disabled and stopped. One that something starts all the same is masked
 * besides: one with no link that disabling removes but that another unit's file wants, that a
 * generator enables, or that a call on D-Bus starts under a name that stays. A mask is a link in
 * /etc/systemd/system.
 */
#ifndef TUNE_SERVICE_SERVICE_H
#define TUNE_SERVICE_SERVICE_H

#include <stdbool.h>

#include "systemd/guard.h"
#include "systemd/unit.h"
#include "util/error.h"
#include "util/names.h"
#include "util/sysroot.h"

#define SERVICE_MEMBERS_MAX 32
#define SERVICE_REASON_MAX  640

enum service_role {
	SERVICE_ROLE_SELF,
	SERVICE_ROLE_TRIGGER,
	SERVICE_ROLE_DEPENDANT,
	SERVICE_ROLE_FOLLOWER,
};

enum service_verdict {
	SERVICE_OPEN,     /* it is to be disabled, or stopped */
	SERVICE_IN_PLACE, /* nothing to do: not installed, masked, or disabled and stopped */
	SERVICE_REFUSED,  /* it is not to be touched, or cannot be */
};

struct service_member {
	struct unit unit;
	enum service_role role;
	struct names links;                   /* absolute paths; disabling removes them */
	char mask_reason[SERVICE_REASON_MAX]; /* "" when disabling is enough */
};

struct service {
	struct service_member *members; /* the first is the service itself */
	size_t n;
	enum service_verdict verdict;
	char reason[SERVICE_REASON_MAX]; /* of the verdict; "" when it is open and nothing is odd */
};

/* Where units come from: systemd, or captured answers. Functions as those of systemd.h. */
struct service_source {
	int (*load_unit)(void *data, const char *id, struct unit *ret_unit, struct error *err);
	int (*list_links)(void *data, const char *id, struct names *paths, struct error *err);
	void *data;
};

struct service_rules {
	const struct sysroot *root;
	const struct guard *guard;
	const struct names *activations; /* activation_list() */
	const struct names *leaving; /* what other changes disable; wants of these do not count */
	const struct names *past_links; /* that were removed; systemd may not have seen it yet */
	const struct names *past_masks; /* units that were masked before */
	bool is_forced;                 /* the guard's refusal becomes a warning in reason */
};

/* id is a full name. 0, or a negative errno with err set. */
int service_inspect(const struct service_source *source, const struct service_rules *rules,
	const char *id, struct service *ret_service, struct error *err);
void service_done(struct service *service);

const char *service_role_name(enum service_role role);

#endif
