/*
 * What systemd is asked to do, over D-Bus; org.freedesktop.systemd1(5) describes each call. One
 * thread. Errors name the unit and say what systemd said.
 */
#ifndef SYSTEMD_SYSTEMD_H
#define SYSTEMD_SYSTEMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "systemd/bus.h"
#include "systemd/unit.h"
#include "util/clock.h"
#include "util/error.h"

/* How long a unit may take to start or stop: DefaultTimeoutStopSec= is 90 s, then it is killed. */
#define SYSTEMD_JOB_TIMEOUT_NS (100 * NSEC_PER_SEC)

struct systemd;

/* Not connected yet; NULL when there is no memory. */
struct systemd *systemd_new(void);
struct systemd *systemd_free(struct systemd *systemd);

/*
 * Connects unless it is, also when the connection was lost: to be called before the first of the
 * calls below. -ENXIO: systemd does not run here. Otherwise as bus_open.
 */
int systemd_connect(struct systemd *systemd, struct error *err);

/* Properties of the manager, and the array that ListUnits gives. */
int systemd_get_manager(struct systemd *systemd, json_t **ret_properties, struct error *err);
int systemd_list_units(struct systemd *systemd, json_t **ret_units, struct error *err);

/* Properties of the interface Unit. The object path is one that ListUnits gave. */
int systemd_get_unit_at(
	struct systemd *systemd, const char *path, json_t **ret_properties, struct error *err);

/* Loads the unit when it is not; one that is not installed has the load state "not-found". */
int systemd_load_unit(
	struct systemd *systemd, const char *id, struct unit *ret_unit, struct error *err);

/* Those of ids, full names, that are not down. Added to running. */
int systemd_list_running(
	struct systemd *systemd, const struct names *ids, struct names *running, struct error *err);

/* The links that disabling the unit would remove: absolute paths. Added to paths. */
int systemd_list_links(
	struct systemd *systemd, const char *id, struct names *paths, struct error *err);

/*
 * Disables units that have a file, for good (links in /etc) or for this boot (links in /run).
 * removed: the paths of the links that were removed are added.
 */
int systemd_disable(struct systemd *systemd, const struct names *ids, bool is_runtime,
	struct names *removed, struct error *err);

/* For good; nothing is overwritten, and one that is masked stays so. */
int systemd_mask(struct systemd *systemd, const struct names *ids, struct error *err);
int systemd_unmask(struct systemd *systemd, const struct names *ids, struct error *err);
int systemd_reload(struct systemd *systemd, struct error *err);

/* Wait until the job has ended. A unit that is gone counts as stopped. */
int systemd_stop(struct systemd *systemd, const char *id, struct error *err);
int systemd_start(struct systemd *systemd, const char *id, struct error *err);

/* How long systemd_stop and systemd_start have waited for jobs, altogether. */
uint64_t systemd_waited_ns(const struct systemd *systemd);

void cleanup_systemd(struct systemd **systemd);

#define _cleanup_systemd_ __attribute__((cleanup(cleanup_systemd)))

#endif
