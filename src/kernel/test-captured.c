/* The readers on the kernels of tests/fixtures/kernel. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

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

#define KIB UINT64_C(1024)

static struct sysroot use_kernel(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/kernel/%s", FIXTURES, name);
	return (struct sysroot){.path = path};
}

/* The text as a recorder reads it. Valid until the next. */
static const char *read_text(const struct sysroot *root, const char *path)
{
	static char text[16384];
	struct proc_file file;

	assert_int_equal(proc_file_open(&file, root, path), 0);
	assert_int_equal(proc_file_read(&file, text, sizeof(text)), 0);
	proc_file_close(&file);
	return text;
}

static struct zram_stat read_zram(const struct sysroot *root, const char *device, uint64_t page)
{
	char path[64], mm_stat[256];
	struct zram_stat stat;

	snprintf(path, sizeof(path), "/sys/block/%s/mm_stat", device);
	snprintf(mm_stat, sizeof(mm_stat), "%s", read_text(root, path));
	snprintf(path, sizeof(path), "/sys/block/%s/disksize", device);
	int r = zram_stat_parse(mm_stat, read_text(root, path), page, &stat);
	if (r < 0) {
		assert_int_equal(r, -ENODATA);
		return (struct zram_stat){0};
	}
	return stat;
}

static struct cgroup_memory read_cgroup(
	const struct sysroot *root, const char *file, enum cgroup_version version, uint64_t some_us)
{
	struct cgroup_path path;
	struct cgroup_files files;
	struct cgroup_memory memory;
	char buffer[4096];
	uint64_t stalled_us;

	assert_int_equal(cgroup_path_parse(read_text(root, file), &path), 0);
	assert_int_equal(path.version, version);
	assert_string_equal(path.path, "/system.slice/twinlens.service");
	assert_int_equal(cgroup_files_open(&files, root, &path), 0);
	assert_int_equal(
		cgroup_files_read(&files, buffer, sizeof(buffer), &memory, &stalled_us), 0);
	assert_int_equal(stalled_us, some_us);
	cgroup_files_close(&files);
	return memory;
}

static void check_rk3588_memory(const struct sysroot *root)
{
	struct meminfo info;
	struct vmstat vmstat;
	struct buddyinfo buddy;
	struct swap_totals swap;

	meminfo_parse(read_text(root, "/proc/meminfo"), &info);
	assert_int_equal(info.bytes[MEMINFO_TOTAL], 3930084 * KIB);
	assert_int_equal(info.bytes[MEMINFO_CMA_FREE], 1536 * KIB);
	assert_true(info.has[MEMINFO_HUGETLB]);
	assert_int_equal(info.bytes[MEMINFO_HUGETLB], 0);
	assert_int_equal(info.bytes[MEMINFO_PER_CPU], 5376 * KIB);
	assert_int_equal(vmstat_parse(read_text(root, "/proc/vmstat"), &vmstat), 0);
	assert_int_equal(vmstat.refaults, 90211 + 412877);
	assert_int_equal(vmstat.allocation_stalls, 3 + 118 + 41);
	assert_int_equal(vmstat.zspages, 20881);
	assert_int_equal(vmstat.oom_kills, 2);
	assert_int_equal(buddyinfo_parse(read_text(root, "/proc/buddyinfo"), &buddy), 0);
	assert_int_equal(buddy.n_zones, 2);
	assert_int_equal(buddy.zones[1].n_orders, 11);
	assert_true(buddy_zone_external(&buddy.zones[1], 3) == -1.0);
	/* 1811 + 1208 + 368 + 64 = 3451 pages in 2515 blocks: 1000 - (1000 + 215687) / 2515 */
	assert_true(buddy_zone_external(&buddy.zones[1], 4) == 0.914);
	swap_totals_parse(read_text(root, "/proc/swaps"), &swap);
	assert_int_equal(swap.size_bytes, 1048572 * KIB);
	assert_int_equal(swap.used_bytes, 237568 * KIB);
	const struct zram_stat zram = read_zram(root, "zram0", 4096);
	assert_int_equal(zram.memory_bytes, 85528576);
	assert_true(vmstat.zspages * 4096 >= zram.memory_bytes);
	assert_true(zram_stat_ratio(&zram) > 3.05 && zram_stat_ratio(&zram) < 3.06);
}

static void check_rk3588_rest(const struct sysroot *root)
{
	struct pressure pressure;
	struct cpu_stat stat;
	struct cpu_sensors sensors;
	struct sockstat sockets;

	assert_int_equal(pressure_parse(read_text(root, "/proc/pressure/memory"), &pressure), 0);
	assert_int_equal(pressure.full.total_us, 45211870);
	assert_int_equal(pressure_parse(read_text(root, "/proc/pressure/cpu"), &pressure), 0);
	assert_int_equal(pressure.full.total_us, PROC_ABSENT);
	assert_int_equal(cpu_stat_parse(read_text(root, "/proc/stat"), &stat), 0);
	assert_true(stat.cpus[7].total > 0 && stat.cpus[8].total == 0);
	cpu_sensors_open(&sensors, root);
	assert_int_equal(sensors.n_frequencies, 3);
	assert_true(cpu_sensors_read_frequency_hz(&sensors) == 2208000e3);
	assert_int_equal(sensors.n_temperatures, 4); /* without center, gpu and npu */
	assert_true(cpu_sensors_read_celsius(&sensors) == 51.769);
	cpu_sensors_close(&sensors);
	assert_int_equal(sockstat_parse(read_text(root, "/proc/net/sockstat"), &sockets), 0);
	assert_int_equal(sockets.tcp_pages, 906);
}

static void check_rk3588_process(const struct sysroot *root)
{
	struct process_memory memory;
	struct process_stat stat;
	struct proc_file folder;
	uint64_t n;

	assert_int_equal(
		process_memory_parse(read_text(root, "/proc/812/smaps_rollup"), &memory), 0);
	assert_int_equal(memory.pss, 8011 * KIB);
	assert_int_equal(memory.uss, (1532 + 5220) * KIB);
	assert_int_equal(memory.anonymous, (5220 + 1000) * KIB);
	assert_int_equal(process_stat_parse(read_text(root, "/proc/812/stat"), &stat), 0);
	assert_int_equal(stat.start_ticks, 4120);
	assert_int_equal(proc_file_open(&folder, root, "/proc/812/fd"), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(process_descriptors_count(&folder, &n), 0);
		assert_int_equal(n, 4);
	}
	proc_file_close(&folder);
	const struct cgroup_memory group =
		read_cgroup(root, "/proc/812/cgroup", CGROUP_VERSION_2, 81233);
	assert_int_equal(group.current, 13328384);
	assert_int_equal(group.anonymous, 5345280);
	assert_int_equal(group.kernel, 65536 + 13824 + 624112); /* no page tables before 5.11 */
	assert_int_equal(group.socket, 716800);
	assert_int_equal(group.oom_kills, 1);
}

static void test_rk3588_vendor_5_10(void **state)
{
	(void)state;
	const struct sysroot root = use_kernel("rk3588-5.10");

	check_rk3588_memory(&root);
	check_rk3588_rest(&root);
	check_rk3588_process(&root);
}

static void test_debian_6_1(void **state)
{
	(void)state;
	const struct sysroot root = use_kernel("debian-6.1");
	struct swap_totals swap;
	struct meminfo info;

	swap_totals_parse(read_text(&root, "/proc/swaps"), &swap);
	assert_int_equal(swap.size_bytes, 0);
	meminfo_parse(read_text(&root, "/proc/meminfo"), &info);
	assert_int_equal(info.bytes[MEMINFO_CMA_TOTAL], 65536 * KIB);
	assert_int_equal(read_zram(&root, "zram0", 4096).disk_bytes, 0);
	assert_int_equal(read_cgroup(&root, "/proc/44/cgroup", CGROUP_VERSION_2, 0).kernel,
		1048576); /* the kernel's own sum */
}

static void test_64k_pages_6_12(void **state)
{
	(void)state;
	const struct sysroot root = use_kernel("64k-pages-6.12");
	struct buddyinfo buddy;
	struct swap_totals swap;
	struct vmstat vmstat;
	struct proc_file file;

	assert_int_equal(buddyinfo_parse(read_text(&root, "/proc/buddyinfo"), &buddy), 0);
	assert_int_equal(buddy.n_zones, 3);
	assert_int_equal(buddy.zones[0].n_orders, 14);
	assert_true(buddy_zone_unusable(&buddy.zones[2], 3) == 1.0);
	swap_totals_parse(read_text(&root, "/proc/swaps"), &swap);
	assert_int_equal(swap.used_bytes, (65536 + 65600) * KIB);
	struct zram_stat sum = read_zram(&root, "zram0", 65536);
	assert_int_equal(sum.table_bytes, 16384 * 16);
	assert_int_equal(sum.same_bytes, 256 * 65536);
	assert_true(zram_stat_ratio(&sum) == 3.0);
	const struct zram_stat second = read_zram(&root, "zram1", 65536);
	zram_stat_add(&sum, &second);
	assert_int_equal(sum.memory_bytes, 17825792 + 8912896);
	assert_int_equal(vmstat_parse(read_text(&root, "/proc/vmstat"), &vmstat), 0);
	assert_int_equal(vmstat.allocation_stalls, 2);
	assert_int_equal(proc_file_open(&file, &root, "/proc/pressure/memory"), -ENOENT);
}

static void test_vendor_4_19_with_cgroup_v1(void **state)
{
	(void)state;
	const struct sysroot root = use_kernel("vendor-4.19-v1");
	struct meminfo info;
	struct vmstat vmstat;

	meminfo_parse(read_text(&root, "/proc/meminfo"), &info);
	assert_true(info.has[MEMINFO_AVAILABLE]);
	assert_false(info.has[MEMINFO_HUGETLB]);
	assert_false(info.has[MEMINFO_PER_CPU]);
	assert_false(info.has[MEMINFO_CMA_FREE]);
	assert_int_equal(vmstat_parse(read_text(&root, "/proc/vmstat"), &vmstat), 0);
	assert_int_equal(vmstat.refaults, 77);
	assert_int_equal(vmstat.oom_kills, PROC_ABSENT);
	assert_int_equal(vmstat.zspages, PROC_ABSENT);
	const struct cgroup_memory group =
		read_cgroup(&root, "/proc/612/cgroup", CGROUP_VERSION_1, PROC_ABSENT);
	assert_int_equal(group.current, 12582912);
	assert_int_equal(group.anonymous, 6422528);
	assert_int_equal(group.kernel, 524288);
	assert_int_equal(group.socket, 262144);
	assert_int_equal(group.oom_kills, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rk3588_vendor_5_10),
		cmocka_unit_test(test_debian_6_1),
		cmocka_unit_test(test_64k_pages_6_12),
		cmocka_unit_test(test_vendor_4_19_with_cgroup_v1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
