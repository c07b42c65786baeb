#include "accept/simulated.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel/command-line.h"
#include "kernel/meminfo.h"
#include "util/io.h"
#include "util/json.h"

#define HOLDER         "cat"
#define HELD           "held"
#define TAKE_TIMEOUT_S 300 /* simulate itself gives up before */
#define BOARD          "rk3588-4gb"
#define BOARD_BYTES    (UINT64_C(4) << 30)
#define MIB            (1024.0 * 1024.0)

/*
 * The value of mem= on the kernel's command line. A kernel that was started with mem=8G is not one
 * with 4 GB: MemTotal is always less than what there is.
 */
static void read_booted(struct simulated *simulated, const struct sysroot *root)
{
	uint64_t wanted = simulated->memory_bytes ? simulated->memory_bytes : BOARD_BYTES;
	uint64_t total;

	simulated->booted[0] = '\0';
	if (meminfo_read_field(root, MEMINFO_TOTAL, &total) == 0 && total <= wanted) {
		command_line_read_mem(root, simulated->booted, sizeof(simulated->booted));
	}
}

int simulated_take(
	struct simulated *simulated, const struct sysroot *root, int cancel_fd, struct error *err)
{
	char size[32];
	bool is_board = simulated->memory_bytes == 0;

	read_booted(simulated, root);
	if (simulated->booted[0]) {
		return 0;
	}
	snprintf(size, sizeof(size), "%llu", (unsigned long long)simulated->memory_bytes);
	const char *const arguments[] = {"--whole-machine", "--json",
		is_board ? "--board" : "--memory", is_board ? BOARD : size, "--", HOLDER, NULL};
	int r = sibling_open("simulate", arguments, &simulated->sibling, err);
	if (r < 0) {
		return r;
	}
	/* It comes back when the command runs, and that is when the memory is taken. */
	simulated->is_held = true;
	r = io_write_all(simulated->sibling.in_fd, HELD "\n", strlen(HELD "\n"));
	r = r < 0 ? error_set(err, r, "simulate: %s", error_name(r))
		  : sibling_wait_line(&simulated->sibling, HELD, TAKE_TIMEOUT_S, cancel_fd, err);
	if (r < 0) {
		sibling_cancel(&simulated->sibling);
		simulated->is_held = false;
	}
	return r;
}

static void take_report(struct simulated *simulated, const json_t *machine)
{
	double lowest = json_number_value(json_object_get(machine, "available_lowest_bytes"));

	if (simulated->n_held++ == 0) {
		simulated->huge_bytes =
			json_number_value(json_object_get(machine, "huge_page_bytes"));
		simulated->locked_bytes =
			json_number_value(json_object_get(machine, "locked_bytes"));
		simulated->available_lowest_bytes = lowest;
	}
	if (lowest < simulated->available_lowest_bytes) {
		simulated->available_lowest_bytes = lowest;
	}
	simulated->oom_kills += (unsigned)json_integer_value(json_object_get(machine, "oom_kills"));
}

int simulated_give(struct simulated *simulated, struct error *err)
{
	_cleanup_json_ json_t *report = NULL;

	if (!simulated->is_held) {
		return 0;
	}
	simulated->is_held = false;
	int r = sibling_close(&simulated->sibling, &report, err);
	if (r < 0) {
		return r;
	}
	json_t *machine = json_object_get(report, "machine");
	if (!json_is_object(machine) ||
		json_integer_value(json_object_get(report, "exit_status")) != 0) {
		return error_set(err, -EPROTO,
			"simulate: the memory was given back before the measurement was over; see "
			"the kernel's log, and run accept again");
	}
	take_report(simulated, machine);
	return 0;
}

static void reproduce(struct simulated *simulated, const char *en, const char *zh)
{
	simulated->reproduced[simulated->report.n_reproduced++] = (struct report_text){en, zh};
}

static void miss(struct simulated *simulated, const char *en, const char *zh)
{
	simulated->missing[simulated->report.n_missing++] = (struct report_text){en, zh};
}

static void describe_booted(struct simulated *simulated)
{
	report_note_set(&simulated->report.summary, "the kernel was started with mem=%s",
		"内核以 mem=%s 启动", simulated->booted);
	reproduce(simulated, "MemTotal, watermarks and hash tables of a kernel with less memory",
		"内存较小的内核的 MemTotal、水位线和哈希表");
}

static void describe_taken(struct simulated *simulated)
{
	report_note_set(&simulated->report.summary,
		"%.0f MiB taken from the whole machine, %.0f MiB of it as huge pages and %.0f MiB "
		"as locked pages; available: %.0f MiB at the lowest; OOM kills: %u",
		"从整机取走 %.0f MiB，其中大页 %.0f MiB，锁定页 %.0f MiB；可用内存最低 %.0f "
		"MiB；OOM 终止进程 %u 个",
		(simulated->huge_bytes + simulated->locked_bytes) / MIB,
		simulated->huge_bytes / MIB, simulated->locked_bytes / MIB,
		simulated->available_lowest_bytes / MIB, simulated->oom_kills);
	if (simulated->locked_bytes > 0) {
		miss(simulated,
			"locked pages can be moved: fragmentation looks better than on the board",
			"锁定页可被迁移：碎片化情况比实际开发板好");
	} else {
		reproduce(simulated, "the memory taken cannot be moved, as if it were not there",
			"取走的内存不可迁移，如同不存在");
	}
	miss(simulated, "watermarks and hash tables: sized for all memory, stricter than the board",
		"水位线和哈希表按全部内存设定，比实际开发板更严格");
}

void simulated_describe(struct simulated *simulated)
{
	simulated->report = (struct report_simulation){
		.reproduced = simulated->reproduced,
		.missing = simulated->missing,
	};
	reproduce(simulated, "what is available to all programs, the kernel and the page cache",
		"所有程序、内核和页缓存可用的内存");
	reproduce(simulated,
		"kswapd, reclaim, swap in zram and the OOM killer of the whole machine",
		"整机的 kswapd、回收、zram 交换和 OOM 机制");
	reproduce(simulated, "memory pressure (PSI) of the whole machine", "整机的内存压力（PSI）");
	if (simulated->booted[0]) {
		describe_booted(simulated);
	} else {
		describe_taken(simulated);
	}
	miss(simulated, "the size of CMA, the mix of memory zones, the bandwidth of the memory",
		"CMA 大小、内存区构成和内存带宽");
}
