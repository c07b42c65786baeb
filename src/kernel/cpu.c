#include "kernel/cpu.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/proc-text.h"

#define NUMBERS_MAX 32 /* of cpufreq policies and thermal zones that are looked for */

enum column {
	COLUMN_IDLE = 3,
	COLUMN_WAIT = 4,
	COLUMN_STEAL = 7,
	COLUMN_COUNT, /* guest time is part of user time */
};

/* Kernels before 2.6.11 have fewer columns; nothing that old is supported. */
static int parse_times(const char *numbers, struct cpu_times *ret_times)
{
	struct cpu_times times = {0};

	for (int i = 0; i < COLUMN_COUNT; i++) {
		uint64_t ticks;
		if (proc_number_parse(&numbers, &ticks) < 0 || ticks > UINT64_MAX / COLUMN_COUNT) {
			return -EINVAL;
		}
		times.total += ticks;
		times.busy += i == COLUMN_IDLE || i == COLUMN_WAIT ? 0 : ticks;
	}
	*ret_times = times;
	return 0;
}

int cpu_stat_parse(const char *text, struct cpu_stat *ret_stat)
{
	struct cpu_stat stat = {0};
	bool has_all = false;
	const char *end;

	for (const char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		const char *rest = line + strlen("cpu");
		uint64_t number;
		if (strncmp(line, "cpu", strlen("cpu")) != 0) {
			break; /* they come first; interrupts, a long line, come after them */
		}
		if (*rest == ' ') {
			has_all = parse_times(rest, &stat.all) == 0;
		} else if (proc_number_parse(&rest, &number) == 0 && number < CPU_MAX &&
			   parse_times(rest, &stat.cpus[number]) < 0) {
			stat.cpus[number] = (struct cpu_times){0};
		}
	}
	if (!has_all) {
		return -EINVAL;
	}
	*ret_stat = stat;
	return 0;
}

double cpu_busy_percent(const struct cpu_times *before, const struct cpu_times *after)
{
	/* iowait may go back, and so may the sums; see proc(5). */
	if (before->total == 0 || after->total <= before->total || after->busy < before->busy) {
		return NAN;
	}
	double percent = 100.0 * (double)(after->busy - before->busy) /
			 (double)(after->total - before->total);
	return percent > 100.0 ? 100.0 : percent;
}

static bool is_processor(const struct sysroot *root, int zone)
{
	static const char *const words[] = {"cpu", "core", "soc", "pkg"};
	char path[64], type[64];

	snprintf(path, sizeof(path), "/sys/class/thermal/thermal_zone%d/type", zone);
	if (sysroot_read(root, path, type, sizeof(type)) < 0) {
		return false;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(type, words[i])) {
			return true;
		}
	}
	return false;
}

static void open_temperatures(
	struct cpu_sensors *sensors, const struct sysroot *root, bool is_any_taken)
{
	for (int i = 0; i < NUMBERS_MAX && sensors->n_temperatures < CPU_FILES_MAX; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/sys/class/thermal/thermal_zone%d/temp", i);
		if ((is_any_taken || is_processor(root, i)) &&
			proc_file_open(
				&sensors->temperatures[sensors->n_temperatures], root, path) == 0) {
			sensors->n_temperatures++;
		}
	}
}

void cpu_sensors_open(struct cpu_sensors *sensors, const struct sysroot *root)
{
	sensors->n_frequencies = 0;
	sensors->n_temperatures = 0;
	for (int i = 0; i < NUMBERS_MAX && sensors->n_frequencies < CPU_FILES_MAX; i++) {
		char path[80];
		snprintf(path, sizeof(path),
			"/sys/devices/system/cpu/cpufreq/policy%d/scaling_cur_freq", i);
		if (proc_file_open(&sensors->frequencies[sensors->n_frequencies], root, path) ==
			0) {
			sensors->n_frequencies++;
		}
	}
	open_temperatures(sensors, root, false);
	if (sensors->n_temperatures == 0) {
		open_temperatures(sensors, root, true);
	}
}

/* Of files with one number each, which may be negative. */
static double read_highest(const struct proc_file *files, size_t n)
{
	double highest = NAN;

	for (size_t i = 0; i < n; i++) {
		char text[32], *end;
		if (proc_file_read(&files[i], text, sizeof(text)) < 0) {
			continue; /* a sensor that sleeps answers EAGAIN or EINVAL */
		}
		long value = strtol(text, &end, 10);
		if (end != text && *end == '\n' && !((double)value <= highest)) {
			highest = (double)value;
		}
	}
	return highest;
}

double cpu_sensors_read_frequency_hz(const struct cpu_sensors *sensors)
{
	return read_highest(sensors->frequencies, sensors->n_frequencies) * 1000.0;
}

double cpu_sensors_read_celsius(const struct cpu_sensors *sensors)
{
	return read_highest(sensors->temperatures, sensors->n_temperatures) / 1000.0;
}

void cpu_sensors_close(struct cpu_sensors *sensors)
{
	for (size_t i = 0; i < sensors->n_frequencies; i++) {
		proc_file_close(&sensors->frequencies[i]);
	}
	for (size_t i = 0; i < sensors->n_temperatures; i++) {
		proc_file_close(&sensors->temperatures[i]);
	}
	sensors->n_frequencies = 0;
	sensors->n_temperatures = 0;
}
