#include "cli/boot/boot-print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/json.h"

#define SLOWEST_MAX  10
#define CHAIN_INDENT 24 /* deeper ones stay in the same column */

static double seconds(uint64_t us)
{
	return (double)us / 1e6;
}

static void print_phase(const char *name, uint64_t us)
{
	if (us > 0) {
		printf("%-9s  %9.3f s\n", name, seconds(us));
	} else {
		printf("%-9s  %9s\n", name, "-");
	}
}

static void print_phases(const struct boot_phases *phases, uint64_t limit_us)
{
	print_phase("firmware", phases->firmware_us);
	print_phase("loader", phases->loader_us);
	print_phase("kernel", phases->kernel_us);
	print_phase("initrd", phases->initrd_us);
	print_phase("userspace", phases->userspace_us);
	print_phase("total", phases->total_us);
	printf("\n%s the limit of %g s\n",
		phases->total_us > limit_us ? "That is LONGER than" : "That is within",
		seconds(limit_us));
}

/* Each part of the reason, which "; " separates, on a line of its own. */
static void print_reason(const char *reason)
{
	while (*reason) {
		size_t length = strcspn(reason, ";");
		printf("             %.*s\n", (int)length, reason);
		reason += length;
		reason += strspn(reason, "; ");
	}
}

static void print_unit(const struct boot_unit *unit)
{
	printf("%9.3f s  %-34s  %s\n", seconds(unit->duration_us), unit->unit.id,
		unit->can_leave_out ? "yes" : "no");
	print_reason(unit->reason);
}

static void print_slowest(const struct boot *boot)
{
	printf("\n%11s  %-34s  %s\n", "start took", "slowest units", "can be left out");
	for (size_t i = 0; i < boot->n && i < SLOWEST_MAX; i++) {
		if (boot->units[i].duration_us > 0) {
			print_unit(&boot->units[i]);
		}
	}
}

static void print_hint(const struct boot *boot)
{
	for (size_t i = 0; i < boot->n && i < SLOWEST_MAX; i++) {
		const struct boot_unit *unit = &boot->units[i];
		if (unit->can_leave_out && unit->unit.required_by.n == 0) {
			printf("\nTo leave one out, with all that twinlens tune plan lists, and to "
			       "take that back:\n"
			       "  twinlens tune apply --service %s\n"
			       "  twinlens tune rollback\n",
				unit->unit.id);
			return;
		}
	}
}

static void print_chain(const struct boot *boot)
{
	printf("\ncritical chain: each waited for the one below it\n"
	       "(@ when its start began, since systemd's own; + how long that took)\n");
	for (size_t i = 0; i < boot->n_chain; i++) {
		const struct boot_unit *unit = &boot->units[boot->chain[i]];
		int indent = i < CHAIN_INDENT / 2 ? (int)i * 2 : CHAIN_INDENT;
		printf("%*s%s @%.3f s", indent, "", unit->unit.id,
			seconds(unit->started_us - boot->userspace_at_us));
		if (unit->duration_us > 0) {
			printf(" +%.3f s", seconds(unit->duration_us));
		}
		printf("\n");
	}
}

int boot_print_text(const struct boot *boot, uint64_t limit_us)
{
	print_phases(&boot->phases, limit_us);
	print_slowest(boot);
	print_chain(boot);
	print_hint(boot);
	return ferror(stdout) ? -EIO : 0;
}

static json_t *phase_to_json(uint64_t us)
{
	return us > 0 ? json_real(seconds(us)) : json_null();
}

static json_t *phases_to_json(const struct boot_phases *phases)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "firmware_s", phase_to_json(phases->firmware_us),
		"loader_s", phase_to_json(phases->loader_us), "kernel_s",
		phase_to_json(phases->kernel_us), "initrd_s", phase_to_json(phases->initrd_us),
		"userspace_s", phase_to_json(phases->userspace_us));
}

static json_t *names_to_json(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->n; i++) {
		if (json_array_append_new(array, json_string(names->items[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *unit_to_json(const struct boot_unit *unit)
{
	return json_pack("{s:s,s:f,s:f,s:o,s:s,s:b,s:s,s:o,s:o,s:o}", "unit", unit->unit.id,
		"duration_s", seconds(unit->duration_us), "started_s", seconds(unit->started_us),
		"active_s", phase_to_json(unit->active_us), "state", unit->unit.file_state,
		"can_leave_out", (int)unit->can_leave_out, "reason", unit->reason, "required_by",
		names_to_json(&unit->unit.required_by), "wanted_by",
		names_to_json(&unit->unit.wanted_by), "triggered_by",
		names_to_json(&unit->unit.triggered_by));
}

static json_t *units_to_json(const struct boot *boot)
{
	json_t *units = json_array();

	for (size_t i = 0; i < boot->n; i++) {
		if (json_array_append_new(units, unit_to_json(&boot->units[i])) < 0) {
			json_decref(units);
			return NULL;
		}
	}
	return units;
}

static json_t *chain_to_json(const struct boot *boot)
{
	json_t *chain = json_array();

	for (size_t i = 0; i < boot->n_chain; i++) {
		const struct boot_unit *unit = &boot->units[boot->chain[i]];
		json_t *link = json_pack("{s:s,s:f,s:f}", "unit", unit->unit.id, "started_s",
			seconds(unit->started_us), "duration_s", seconds(unit->duration_us));
		if (json_array_append_new(chain, link) < 0) {
			json_decref(chain);
			return NULL;
		}
	}
	return chain;
}

int boot_print_json(const struct boot *boot, uint64_t limit_us)
{
	_cleanup_json_ json_t *root = json_pack("{s:f,s:f,s:b,s:o,s:o,s:o}", "total_s",
		seconds(boot->phases.total_us), "limit_s", seconds(limit_us), "within_limit",
		(int)(boot->phases.total_us <= limit_us), "phases", phases_to_json(&boot->phases),
		"units", units_to_json(boot), "critical_chain", chain_to_json(boot));

	if (!root) {
		return -ENOMEM;
	}
	int r = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	printf("\n");
	return r < 0 ? -EIO : 0;
}
