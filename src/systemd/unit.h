/*
 * One unit of systemd: its name, and its properties as systemd told them over D-Bus; see
 * org.freedesktop.systemd1(5). Nothing here asks anybody.
 */
#ifndef SYSTEMD_UNIT_H
#define SYSTEMD_UNIT_H

#include <jansson.h>
#include <stdbool.h>

#include "util/error.h"
#include "util/names.h"

#define UNIT_NAME_MAX 255 /* of systemd */

struct unit {
	char id[UNIT_NAME_MAX + 1]; /* its first name; aliases are in names */
	char load_state[24];        /* loaded, not-found, masked, bad-setting, error, ... */
	char active_state[24];      /* active, reloading, activating, inactive, failed, ... */
	char file_state[24];        /* enabled, disabled, static, generated, ..., "" for none */
	char *fragment;             /* its unit file; "" for none */
	bool can_start, can_stop;
	bool is_transient;
	struct names names;
	struct names triggered_by; /* sockets, paths, timers */
	struct names triggers;     /* what a socket, path or timer starts */
	struct names required_by;  /* RequiredBy, RequisiteOf, BoundBy: they end with it */
	struct names wanted_by;    /* WantedBy, UpheldBy: they start it, and can do without */
	struct names followers;    /* ConsistsOf, PropagatesStopTo: they stop with it */
};

/*
 * The full name of what a person called NAME: "cups" is cups.service. -EINVAL: systemd allows no
 * such name, it is a template without an instance, or of a kind that is neither a service nor what
 * starts one (socket, path, timer).
 */
int unit_name_complete(const char *name, char ret_id[static UNIT_NAME_MAX + 1], struct error *err);

/* Of "a.socket" the "socket"; "" when there is no dot. */
const char *unit_name_kind(const char *id);

/* From the properties of the interface Unit. -EBADMSG: one is missing or of another type. */
int unit_from_json(const json_t *properties, struct unit *ret_unit, struct error *err);
void unit_done(struct unit *unit);

bool unit_is(const char *state, const char *wanted);

/* Runs, or is about to; by its active state. */
bool unit_is_up(const struct unit *unit);

/* Neither runs nor is about to, nor is still being stopped; by its active state. */
bool unit_state_is_down(const char *active_state);
bool unit_is_down(const struct unit *unit);

#endif
