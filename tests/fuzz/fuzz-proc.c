/* The text of /proc, /sys and cgroup files, as the recorder parses it: every parser on every input.
 */
#include <string.h>

#include "fuzz.h"
#include "kernel/buddyinfo.h"
#include "kernel/cgroup.h"
#include "kernel/cpu.h"
#include "kernel/meminfo.h"
#include "kernel/pressure.h"
#include "kernel/proc-text.h"
#include "kernel/process/process-stat.h"
#include "kernel/process/process.h"
#include "kernel/sockstat.h"
#include "kernel/swap.h"
#include "kernel/vmstat.h"
#include "kernel/zram-stat.h"

static void check_buddyinfo(const char *text)
{
	struct buddyinfo info;

	if (buddyinfo_parse(text, &info) < 0) {
		return;
	}
	must(info.n_zones > 0 && info.n_zones <= BUDDY_ZONES_MAX);
	for (size_t i = 0; i < info.n_zones; i++) {
		const struct buddy_zone *zone = &info.zones[i];
		must(zone->n_orders > 0 && zone->n_orders <= BUDDY_ORDERS_MAX);
		must(zone->name[0] && memchr(zone->name, '\0', sizeof(zone->name)));
		for (unsigned order = 0; order < zone->n_orders; order++) {
			double unusable = buddy_zone_unusable(zone, order);
			double external = buddy_zone_external(zone, order);
			must(unusable >= 0.0 && unusable <= 1.0);
			must(external == -1.0 || (external >= -1.0 && external <= 1.0));
		}
	}
}

static void check_pressure(const char *text)
{
	struct pressure pressure;

	if (pressure_parse(text, &pressure) == 0) {
		double share = pressure_share_percent(0, pressure.some.total_us, 1000000000);
		must(pressure.some.total_us != PROC_ABSENT);
		must(share >= 0.0 && share <= 100.0);
	}
}

static void check_cgroup(const char *text)
{
	struct cgroup_path path;
	struct cgroup_memory memory = {.current = 1};

	if (cgroup_path_parse(text, &path) == 0) {
		must(path.version == CGROUP_VERSION_1 || path.version == CGROUP_VERSION_2);
		must(memchr(path.path, '\0', sizeof(path.path)) && !strchr(path.path, '\n'));
	}
	cgroup_stat_parse(CGROUP_VERSION_1, text, &memory);
	cgroup_stat_parse(CGROUP_VERSION_2, text, &memory);
	cgroup_events_parse(text, &memory);
	must(memory.current == 1);
}

static void check_process(const char *text)
{
	struct process_memory memory;
	struct process_stat stat;

	if (process_memory_parse(text, &memory) == 0) {
		must(memory.rss != PROC_ABSENT && memory.pss != PROC_ABSENT);
	}
	if (process_stat_parse(text, &stat) == 0) {
		must(strchr(text, ')') != NULL);
	}
}

static void check_cpu(const char *text)
{
	struct cpu_stat stat;

	if (cpu_stat_parse(text, &stat) == 0) {
		must(stat.all.busy <= stat.all.total);
		for (int i = 0; i < CPU_MAX; i++) {
			must(stat.cpus[i].busy <= stat.cpus[i].total);
		}
	}
}

static void check_rest(const char *text)
{
	struct meminfo info;
	struct vmstat vmstat;
	struct sockstat sockets;
	struct swap_totals swap;
	struct zram_stat zram;

	meminfo_parse(text, &info);
	for (int i = 0; i < MEMINFO_FIELD_COUNT; i++) {
		must(info.has[i] || info.bytes[i] == 0);
	}
	must(!(meminfo_used_percent(&info) > 100.0));
	vmstat_parse(text, &vmstat);
	sockstat_parse(text, &sockets);
	swap_totals_parse(text, &swap);
	if (zram_stat_parse(text, "1073741824\n", 4096, &zram) == 0) {
		must(!(zram_stat_ratio(&zram) < 0.0));
	}
	zram_stat_parse("1 2 3 4 5 6 7\n", text, 4096, &zram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	must(text != NULL);
	check_buddyinfo(text);
	check_pressure(text);
	check_cgroup(text);
	check_process(text);
	check_cpu(text);
	check_rest(text);
	free(text);
	return 0;
}
