#include "kernel/vmstat.h"

#include <errno.h>

#include "kernel/proc-text.h"

struct raw {
	uint64_t major_faults, oom_kills, compaction_failures, zspages;
	uint64_t refaults, refaults_anon, refaults_file; /* parted since Linux 5.9 */
	uint64_t stalls[6];
};

static const struct proc_field fields[] = {
	{"pgmajfault", offsetof(struct raw, major_faults)},
	{"oom_kill", offsetof(struct raw, oom_kills)},
	{"compact_fail", offsetof(struct raw, compaction_failures)},
	{"nr_zspages", offsetof(struct raw, zspages)},
	{"workingset_refault", offsetof(struct raw, refaults)},
	{"workingset_refault_anon", offsetof(struct raw, refaults_anon)},
	{"workingset_refault_file", offsetof(struct raw, refaults_file)},
	{"allocstall", offsetof(struct raw, stalls[0])}, /* before Linux 4.10 not by zone */
	{"allocstall_dma", offsetof(struct raw, stalls[1])},
	{"allocstall_dma32", offsetof(struct raw, stalls[2])},
	{"allocstall_normal", offsetof(struct raw, stalls[3])},
	{"allocstall_movable", offsetof(struct raw, stalls[4])},
	{"allocstall_device", offsetof(struct raw, stalls[5])},
};

int vmstat_parse(const char *text, struct vmstat *ret_vmstat)
{
	struct raw raw;

	if (proc_fields_parse(text, fields, sizeof(fields) / sizeof(fields[0]), &raw) == 0) {
		return -EINVAL;
	}
	uint64_t stalls = PROC_ABSENT;
	for (size_t i = 0; i < sizeof(raw.stalls) / sizeof(raw.stalls[0]); i++) {
		stalls = proc_sum(stalls, raw.stalls[i]);
	}
	*ret_vmstat = (struct vmstat){
		.major_faults = raw.major_faults,
		.refaults = proc_sum(raw.refaults, proc_sum(raw.refaults_anon, raw.refaults_file)),
		.oom_kills = raw.oom_kills,
		.allocation_stalls = stalls,
		.compaction_failures = raw.compaction_failures,
		.zspages = raw.zspages,
	};
	return 0;
}
