/*
 * What systemd is asked to do, over D-Bus; org.freedesktop.systemd1(5) describes each call. One
 * thread. Errors name the unit and say what systemd said.
 */
#ifndef SYSTEM_SYSTEMD_H
#define SYSTEM_SYSTEMD_H

#include <jansson.h>
#include <stdint.h>

#include "system/bus.h"
#include "system/unit.h"
#include "util/clock.h"
#include "util/error.h"

/* How long a unit may take to start or stop: DefaultTimeoutStopSec= is 90 s, then it is killed. */
#define SYSTEMD_JOB_TIMEOUT_NS (100 * NSEC_PER_SEC)

struct systemd;

/* -ENXIO: systemd does not run here. Otherwise as bus_open. */
int systemd_open(struct systemd **ret_systemd, struct error *err);
struct systemd *systemd_close(struct systemd *systemd);

/* Properties of the manager, and the array that ListUnits gives. */
int systemd_get_manager(struct systemd *systemd, json_t **ret_properties, struct error *err);
int systemd_list_units(struct systemd *systemd, json_t **ret_units, struct error *err);

/* Properties of the interface Unit. The object path is one that ListUnits gave. */
int systemd_get_unit_at(
	struct systemd *systemd, const char *path, json_t **ret_properties, struct error *err);

/* Loads the unit when it is not; one that is not installed has the load state "not-found". */
int systemd_load_unit(
	struct systemd *systemd, const char *id, struct unit *ret_unit, struct error *err);

/* The links that disabling the unit would remove: absolute paths. Added to paths. */
int systemd_list_links(
	struct systemd *systemd, const char *id, struct names *paths, struct error *err);

/*
 * Disables for good and for this boot. ret_removed: the paths of the links that were removed. A
 * unit that has no file is done already.
 */
int systemd_disable(
	struct systemd *systemd, const char *id, struct names *ret_removed, struct error *err);
int systemd_mask(struct systemd *systemd, const char *id, struct error *err);
int systemd_unmask(struct systemd *systemd, const char *id, struct error *err);
int systemd_reload(struct systemd *systemd, struct error *err);

/* Wait until the job has ended. A unit that is gone counts as stopped. */
int systemd_stop(struct systemd *systemd, const char *id, struct error *err);
int systemd_start(struct systemd *systemd, const char *id, struct error *err);

void cleanup_systemd(struct systemd **systemd);

#define _cleanup_systemd_ __attribute__((cleanup(cleanup_systemd)))

#endif
