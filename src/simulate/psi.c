#include "simulate/psi.h"

#include <math.h>
#include <string.h>

#include "kernel/pressure.h"
#include "kernel/proc-text.h"
#include "kernel/vmstat.h"

#define VMSTAT_SIZE 16384 /* 4 KiB on 6.12 */

static void read_machine(const struct sysroot *root, uint64_t *ret_some_us, uint64_t *ret_full_us)
{
	char text[256 + 1];
	struct pressure pressure;

	*ret_some_us = *ret_full_us = PROC_ABSENT;
	if (sysroot_read(root, "/proc/pressure/memory", text, sizeof(text) - 1) < 0) {
		return; /* without CONFIG_PSI, or it is off */
	}
	strcat(text, "\n"); /* sysroot_read took it */
	if (pressure_parse(text, &pressure) == 0) {
		*ret_some_us = pressure.some.total_us;
		*ret_full_us = pressure.full.total_us;
	}
}

static uint64_t read_oom_kills(const struct sysroot *root)
{
	char text[VMSTAT_SIZE + 1];
	struct vmstat vmstat;

	if (sysroot_read(root, "/proc/vmstat", text, sizeof(text) - 1) < 0) {
		return PROC_ABSENT;
	}
	strcat(text, "\n");
	return vmstat_parse(text, &vmstat) < 0 ? PROC_ABSENT : vmstat.oom_kills;
}

void psi_begin(struct psi *psi, const struct sysroot *root)
{
	*psi = (struct psi){.root = root, .some_us = PROC_ABSENT, .full_us = PROC_ABSENT};
	read_machine(root, &psi->machine_some_us, &psi->machine_full_us);
	psi->machine_oom_kills = read_oom_kills(root);
}

void psi_note(struct psi *psi, const struct cgroup_usage *usage)
{
	psi->some_us = usage->some_us;
	psi->full_us = usage->full_us;
}

void psi_end(const struct psi *psi, uint64_t duration_ns, struct simulation_report *report)
{
	uint64_t oom_kills = read_oom_kills(psi->root);
	uint64_t some_us, full_us;

	report->machine_oom_kills =
		oom_kills == PROC_ABSENT || psi->machine_oom_kills == PROC_ABSENT
			? PROC_ABSENT
			: oom_kills - psi->machine_oom_kills;
	if (psi->some_us != PROC_ABSENT) {
		report->psi = SIMULATION_PSI_GROUP;
		report->some_percent = pressure_share_percent(0, psi->some_us, duration_ns);
		report->full_percent = pressure_share_percent(0, psi->full_us, duration_ns);
		return;
	}
	read_machine(psi->root, &some_us, &full_us);
	report->some_percent = pressure_share_percent(psi->machine_some_us, some_us, duration_ns);
	report->full_percent = pressure_share_percent(psi->machine_full_us, full_us, duration_ns);
	report->psi = isnan(report->some_percent) ? SIMULATION_PSI_NONE : SIMULATION_PSI_MACHINE;
}
