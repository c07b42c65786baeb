/*
 * Where the time of the start-up went, from systemd's own timestamps: as systemd-analyze(1) tells
 * with its commands time, blame and critical-chain, and which of the slow units could be left out.
 *
 * Times are in µs of CLOCK_MONOTONIC as systemd has them; in a container since its own start.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "systemd/guard.h"
#include "systemd/systemd.h"
#include "systemd/unit.h"
#include "util/error.h"
#include "util/sysroot.h"

#define BOOT_REASON_MAX 320

/* Each is 0 when it is not known: most boards tell nothing of firmware and loader. */
struct boot_phases {
	uint64_t firmware_us, loader_us, kernel_us, initrd_us, userspace_us;
	uint64_t total_us;
};

struct boot_unit {
	struct unit unit;
	struct names after;
	uint64_t started_us;  /* began to start; 0 when it never did */
	uint64_t active_us;   /* was up; 0 for one that ran and ended */
	uint64_t duration_us; /* how long its start took; of one that ran and ended, how long it ran
			       */
	bool is_essential;    /* basic.target pulls it in */
	bool can_leave_out;
	char reason[BOOT_REASON_MAX]; /* why not, or what goes with it */
};

struct boot {
	struct boot_phases phases;
	uint64_t userspace_at_us; /* when systemd began */
	uint64_t finish_us;
	struct boot_unit
		*units; /* that started before the end of the start-up; the slowest first */
	size_t n;
	size_t *chain; /* indices into units: the default target, then what it waited for last, ...
			*/
	size_t n_chain;
};

/* Asks systemd. What boot_init takes, except for the target. */
int boot_read(struct systemd *systemd, json_t **ret_manager, json_t **ret_units,
	char ret_target[static UNIT_NAME_MAX + 1], struct error *err);

/*
 * manager: the properties of the manager. units: an array of the properties of all units. target:
 * the default one. is_container: there is a kernel, and a boot, of the host.
 * -EAGAIN: the start-up has not ended yet. -EBADMSG: an answer is damaged.
 */
int boot_init(struct boot *boot, const json_t *manager, const json_t *units, const char *target,
	bool is_container, struct error *err);
void boot_done(struct boot *boot);

/* Fills in can_leave_out and reason of every unit. */
void boot_advise(struct boot *boot, const struct guard *guard, const struct sysroot *root);

#endif
