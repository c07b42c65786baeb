#include "watch/record/system.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const system_source_paths[SOURCE_COUNT] = {
	[SOURCE_MEMINFO] = "/proc/meminfo",
	[SOURCE_VMSTAT] = "/proc/vmstat",
	[SOURCE_PSI_MEMORY] = "/proc/pressure/memory",
	[SOURCE_PSI_CPU] = "/proc/pressure/cpu",
	[SOURCE_PSI_IO] = "/proc/pressure/io",
	[SOURCE_BUDDYINFO] = "/proc/buddyinfo",
	[SOURCE_SWAPS] = "/proc/swaps",
	[SOURCE_STAT] = "/proc/stat",
	[SOURCE_SOCKSTAT] = "/proc/net/sockstat",
};

const char *const system_source_figures[SOURCE_COUNT] = {
	[SOURCE_MEMINFO] = "memory",
	[SOURCE_VMSTAT] = "vm",
	[SOURCE_PSI_MEMORY] = "psi.memory",
	[SOURCE_PSI_CPU] = "psi.cpu",
	[SOURCE_PSI_IO] = "psi.io",
	[SOURCE_BUDDYINFO] = "fragmentation",
	[SOURCE_SWAPS] = "swap",
	[SOURCE_STAT] = "cpu",
	[SOURCE_SOCKSTAT] = "socket",
};

int system_reader_open(struct system_reader *reader, const struct sysroot *root)
{
	reader->root = root;
	reader->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	reader->has_before = false;
	reader->current = 0;
	for (int i = 0; i < SOURCE_COUNT; i++) {
		reader->errors[i] = proc_file_open(&reader->files[i], root, system_source_paths[i]);
		/* With psi=0 the files open, and reading says so. */
		if (reader->errors[i] == 0) {
			int r = proc_file_read(
				&reader->files[i], reader->text, sizeof(reader->text));
			reader->errors[i] = r == -E2BIG ? 0 : r;
		}
	}
	for (int i = 0; i < SYSTEM_ZRAM_MAX; i++) {
		reader->zram_stats[i] = PROC_FILE_CLOSED;
		reader->zram_sizes[i] = PROC_FILE_CLOSED;
	}
	cpu_sensors_open(&reader->sensors, root);
	int r = reader->errors[SOURCE_MEMINFO];
	if (r < 0) {
		system_reader_close(reader);
	}
	return r;
}

static void close_zram(struct system_reader *reader, int number)
{
	proc_file_close(&reader->zram_stats[number]);
	proc_file_close(&reader->zram_sizes[number]);
}

void system_reader_close(struct system_reader *reader)
{
	cpu_sensors_close(&reader->sensors);
	for (int i = 0; i < SYSTEM_ZRAM_MAX; i++) {
		close_zram(reader, i);
	}
	for (int i = 0; i < SOURCE_COUNT; i++) {
		proc_file_close(&reader->files[i]);
	}
}

/* Whether the text of the file is in reader->text. Of one that is longer, its beginning. */
static bool read_text(struct system_reader *reader, const struct proc_file *file)
{
	int r = proc_file_read(file, reader->text, sizeof(reader->text));

	return r == 0 || r == -E2BIG;
}

static bool read_source(struct system_reader *reader, enum system_source source)
{
	return read_text(reader, &reader->files[source]);
}

/* Opens a device that came since; most numbers have none, and that is one failed open(2) each. */
static int open_zram(struct system_reader *reader, int number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/zram%d/mm_stat", number);
	int r = proc_file_open(&reader->zram_stats[number], reader->root, path);
	if (r < 0) {
		return r;
	}
	snprintf(path, sizeof(path), "/sys/block/zram%d/disksize", number);
	r = proc_file_open(&reader->zram_sizes[number], reader->root, path);
	if (r < 0) {
		close_zram(reader, number);
	}
	return r;
}

static int read_zram(struct system_reader *reader, int number, struct zram_stat *ret_stat)
{
	char disksize[32];
	int r = reader->zram_stats[number].fd < 0 ? open_zram(reader, number) : 0;

	if (r < 0) {
		return r;
	}
	r = proc_file_read(&reader->zram_sizes[number], disksize, sizeof(disksize));
	if (r == 0) {
		r = proc_file_read(&reader->zram_stats[number], reader->text, sizeof(reader->text));
	}
	if (r < 0) {
		close_zram(reader, number); /* the device is gone; another may get its number */
		return r;
	}
	return zram_stat_parse(reader->text, disksize, reader->page_bytes, ret_stat);
}

static void read_zrams(struct system_reader *reader, struct system_raw *raw)
{
	raw->has_zram = false;
	raw->zram = (struct zram_stat){0};
	for (int i = 0; i < SYSTEM_ZRAM_MAX; i++) {
		struct zram_stat stat;
		if (read_zram(reader, i, &stat) == 0) {
			zram_stat_add(&raw->zram, &stat);
			raw->has_zram = true;
		}
	}
}

static bool read_pressure(
	struct system_reader *reader, enum system_source source, struct pressure *ret_pressure)
{
	return read_source(reader, source) && pressure_parse(reader->text, ret_pressure) == 0;
}

static bool read_memory(struct system_reader *reader, struct meminfo *ret_memory)
{
	if (!read_source(reader, SOURCE_MEMINFO)) {
		return false;
	}
	meminfo_parse(reader->text, ret_memory);
	return true;
}

static void read_raw(struct system_reader *reader, struct system_raw *raw)
{
	bool *has = raw->has;

	has[SOURCE_MEMINFO] = read_memory(reader, &raw->memory);
	has[SOURCE_VMSTAT] =
		read_source(reader, SOURCE_VMSTAT) && vmstat_parse(reader->text, &raw->vmstat) == 0;
	has[SOURCE_PSI_MEMORY] = read_pressure(reader, SOURCE_PSI_MEMORY, &raw->psi_memory);
	has[SOURCE_PSI_CPU] = read_pressure(reader, SOURCE_PSI_CPU, &raw->psi_cpu);
	has[SOURCE_PSI_IO] = read_pressure(reader, SOURCE_PSI_IO, &raw->psi_io);
	has[SOURCE_BUDDYINFO] = read_source(reader, SOURCE_BUDDYINFO) &&
				buddyinfo_parse(reader->text, &raw->buddy) == 0;
	has[SOURCE_SWAPS] = read_source(reader, SOURCE_SWAPS);
	if (has[SOURCE_SWAPS]) {
		swap_totals_parse(reader->text, &raw->swap);
	}
	has[SOURCE_STAT] =
		read_source(reader, SOURCE_STAT) && cpu_stat_parse(reader->text, &raw->cpu) == 0;
	has[SOURCE_SOCKSTAT] = read_source(reader, SOURCE_SOCKSTAT) &&
			       sockstat_parse(reader->text, &raw->sockets) == 0;
	read_zrams(reader, raw);
	raw->frequency_hz = cpu_sensors_read_frequency_hz(&reader->sensors);
	raw->celsius = cpu_sensors_read_celsius(&reader->sensors);
}

void system_reader_sample(
	struct system_reader *reader, uint64_t taken_ns, struct system_sample *ret_sample)
{
	struct system_raw *now = &reader->raws[reader->current];
	const struct system_raw *before =
		reader->has_before ? &reader->raws[!reader->current] : NULL;

	now->taken_ns = taken_ns;
	read_raw(reader, now);
	now->older = now->newer = (struct pressure_past){.taken_ns = 0};
	if (before) {
		system_keep_pressure(before, now);
	}
	system_compute(before, now, reader->page_bytes, ret_sample);
	reader->has_before = true;
	reader->current = !reader->current;
}

double system_reader_glance(struct system_reader *reader)
{
	struct meminfo memory;

	if (!read_memory(reader, &memory) || !memory.has[MEMINFO_AVAILABLE]) {
		return NAN;
	}
	return (double)memory.bytes[MEMINFO_AVAILABLE];
}
