#include "cli/simulate/simulate-print.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/command-line.h"
#include "kernel/proc-text.h"
#include "simulate/traits.h"
#include "util/clock.h"
#include "util/json.h"

#define MIB       1048576.0
#define BOARD_4GB "rk3588-4gb"
#define LABEL     "  %-13s "

/* "12.5 MiB"; "unknown" for what the kernel does not report. */
struct size_text {
	char text[24];
};

static struct size_text size_of(uint64_t bytes)
{
	struct size_text size;

	if (bytes == PROC_ABSENT) {
		snprintf(size.text, sizeof(size.text), "unknown");
	} else {
		snprintf(size.text, sizeof(size.text), "%.1f MiB", (double)bytes / MIB);
	}
	return size;
}

static struct size_text count_of(uint64_t count)
{
	struct size_text size;

	if (count == PROC_ABSENT) {
		snprintf(size.text, sizeof(size.text), "unknown");
	} else {
		snprintf(size.text, sizeof(size.text), "%" PRIu64, count);
	}
	return size;
}

static void print_command(
	const struct simulation_settings *settings, const struct simulation_report *report)
{
	fprintf(stderr, "\ntwinlens simulate: %s with %s%s\n", settings->argv[0],
		size_of(settings->memory_bytes).text,
		settings->is_whole ? " in the whole machine" : "");
	fprintf(stderr, LABEL "%d", "exit status", report->status);
	if (report->signal) {
		fprintf(stderr, " (signal %d, %s)", report->signal, strsignal(report->signal));
	}
	fprintf(stderr, ", after %.1f s", clock_to_seconds(report->duration_ns));
	if (report->n_left > 0) {
		fprintf(stderr, "; %u processes ran on and were killed", report->n_left);
	}
	fprintf(stderr, "\n");
}

static void print_oom(
	const struct simulation_settings *settings, const struct simulation_report *report)
{
	fprintf(stderr, LABEL, "OOM kills");
	if (report->oom_kills != PROC_ABSENT && report->oom_kills > 0) {
		fprintf(stderr, "%s: the kernel killed what did not fit in the memory",
			count_of(report->oom_kills).text);
	} else {
		fprintf(stderr, "%s", count_of(report->oom_kills).text);
	}
	if (settings->is_whole) {
		fprintf(stderr, ", %s in the whole machine",
			count_of(report->machine_oom_kills).text);
	}
	fprintf(stderr, "\n");
}

static void print_limit(const struct simulation_report *report)
{
	fprintf(stderr, LABEL "%s at the lowest, %s of swap in zram taken off\n", "limit",
		size_of(report->limit_lowest_bytes).text, size_of(report->charge_peak_bytes).text);
	if (report->was_full) {
		fprintf(stderr,
			LABEL "zram had taken seven eighths of the memory (it compressed %.2f to "
			      "1): no more was swapped\n",
			"full", report->full_ratio);
	}
	fprintf(stderr, LABEL "%s allocations had to wait for reclaim at the limit\n", "throttled",
		count_of(report->limit_hits).text);
}

static void print_whole(const struct simulation_report *report)
{
	const struct ram_plan *plan = &report->plan;
	uint64_t taken = report->ballast.huge_bytes + report->ballast.locked_bytes;

	fprintf(stderr, LABEL "%s: %s as huge pages, %s as locked pages%s; %s of RAM\n", "taken",
		size_of(taken).text, size_of(report->ballast.huge_bytes).text,
		size_of(report->ballast.locked_bytes).text,
		report->ballast.was_late ? " (huge ones took too long)" : "",
		size_of(plan->ram_bytes).text);
	fprintf(stderr, LABEL "%s before, %s at the lowest: %.1f %% used of what was there\n",
		"available", size_of(plan->available_bytes).text,
		size_of(report->available_lowest_bytes).text,
		ram_used_percent(plan->total_bytes, taken, report->available_lowest_bytes));
}

static void print_psi(const struct simulation_report *report)
{
	if (report->psi == SIMULATION_PSI_NONE) {
		fprintf(stderr, LABEL "not in this kernel, or off (psi=1)\n", "PSI");
		return;
	}
	fprintf(stderr, LABEL "some %.2f %%, full %.2f %% of the time, of the %s\n", "PSI, memory",
		report->some_percent, report->full_percent,
		report->psi == SIMULATION_PSI_GROUP ? "command" : "machine");
}

static void print_list(const char *label, const char *const *texts, size_t n)
{
	fprintf(stderr, "  %s\n", label);
	for (size_t i = 0; i < n; i++) {
		fprintf(stderr, "    - %s\n", texts[i]);
	}
}

/* The most faithful way, and the size of the real board. */
static void print_hints(
	const struct simulation_settings *settings, const struct simulation_report *report)
{
	const struct board *board = board_find(BOARD_4GB);
	char booted[32];

	command_line_read_mem(&sysroot_real, booted, sizeof(booted));
	if (booted[0]) {
		fprintf(stderr, "  This machine was started with mem=%s.\n", booted);
	}
	if (settings->is_whole) {
		fprintf(stderr,
			"  The most faithful way is to start the machine with mem=%.0fM on the "
			"kernel's command line.\n",
			(double)report->plan.mem_option / MIB);
	}
	if (settings->memory_bytes == UINT64_C(4) << 30) {
		fprintf(stderr,
			"  An %s has %.0f MiB before the kernel's share: --board %s simulates "
			"that.\n",
			board->description, (double)board->ram_bytes / MIB, board->name);
	}
}

void simulate_print_text(
	const struct simulation_settings *settings, const struct simulation_report *report)
{
	struct traits traits;

	print_command(settings, report);
	print_oom(settings, report);
	fprintf(stderr, LABEL "%s of memory%s, %s of swap\n", "peak",
		size_of(report->peak_bytes).text,
		report->is_peak_sampled ? " (sampled every 100 ms)" : "",
		size_of(report->swap_peak_bytes).text);
	if (settings->is_whole) {
		print_whole(report);
	} else {
		print_limit(report);
	}
	print_psi(report);
	traits_of(settings->is_whole, report, &traits);
	print_list("reproduced:", traits.reproduced, traits.n_reproduced);
	print_list("not reproduced:", traits.missing, traits.n_missing);
	print_hints(settings, report);
}

static json_t *number_or_null(uint64_t number)
{
	return number == PROC_ABSENT ? json_null() : json_integer((json_int_t)number);
}

static json_t *real_or_null(double number)
{
	return isnan(number) ? json_null() : json_real(number);
}

static json_t *list_of(const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		json_array_append_new(list, json_string(texts[i]));
	}
	return list;
}

static json_t *argv_of(char *const *argv)
{
	size_t n = 0;

	while (argv[n]) {
		n++;
	}
	return list_of((const char *const *)argv, n);
}

static json_t *psi_of(const struct simulation_report *report)
{
	if (report->psi == SIMULATION_PSI_NONE) {
		return json_null();
	}
	return json_pack("{s:s, s:o, s:o}", "of",
		report->psi == SIMULATION_PSI_GROUP ? "command" : "machine", "some_percent",
		real_or_null(report->some_percent), "full_percent",
		real_or_null(report->full_percent));
}

static json_t *limit_of(const struct simulation_report *report)
{
	return json_pack("{s:I, s:I, s:b, s:o, s:o}", "lowest_bytes",
		(json_int_t)report->limit_lowest_bytes, "zram_peak_bytes",
		(json_int_t)report->charge_peak_bytes, "full", report->was_full, "full_ratio",
		report->was_full ? real_or_null(report->full_ratio) : json_null(), "hits",
		number_or_null(report->limit_hits));
}

static json_t *machine_of(const struct simulation_report *report)
{
	const struct ram_plan *plan = &report->plan;
	const struct ballast *ballast = &report->ballast;

	return json_pack("{s:I, s:I, s:I, s:I, s:b, s:I, s:o, s:f, s:o, s:I}", "ram_bytes",
		(json_int_t)plan->ram_bytes, "total_bytes", (json_int_t)plan->total_bytes,
		"huge_page_bytes", (json_int_t)ballast->huge_bytes, "locked_bytes",
		(json_int_t)ballast->locked_bytes, "huge_pages_late", ballast->was_late,
		"available_before_bytes", (json_int_t)plan->available_bytes,
		"available_lowest_bytes", number_or_null(report->available_lowest_bytes),
		"used_percent",
		ram_used_percent(plan->total_bytes, ballast->huge_bytes + ballast->locked_bytes,
			report->available_lowest_bytes),
		"oom_kills", number_or_null(report->machine_oom_kills), "mem_option_bytes",
		(json_int_t)plan->mem_option);
}

static int write_json(json_t *document)
{
	_cleanup_json_ json_t *owned = document;

	if (!owned) {
		return -ENOMEM;
	}
	return json_dumpf(owned, stdout, JSON_INDENT(1)) < 0 || putchar('\n') == EOF ? -EIO : 0;
}

int simulate_print_json(
	const struct simulation_settings *settings, const struct simulation_report *report)
{
	struct traits traits;
	char booted[32];

	traits_of(settings->is_whole, report, &traits);
	command_line_read_mem(&sysroot_real, booted, sizeof(booted));
	return write_json(json_pack(
		"{s:o, s:I, s:b, s:i, s:b, s:s, s:i, s:i, s:i, s:f, s:I, s:b, s:I, "
		"s:o, s:o, s:o, s:o, s:o, s:o}",
		"command", argv_of(settings->argv), "memory_bytes",
		(json_int_t)settings->memory_bytes, "whole_machine", settings->is_whole,
		"cgroup_version", report->cgroup_version, "scope", report->is_scope, "booted_mem",
		booted, "exit_status", report->status, "signal", report->signal, "killed_processes",
		(int)report->n_left, "duration_s", clock_to_seconds(report->duration_ns),
		"peak_bytes", (json_int_t)report->peak_bytes, "peak_sampled",
		report->is_peak_sampled, "swap_peak_bytes", (json_int_t)report->swap_peak_bytes,
		"oom_kills", number_or_null(report->oom_kills), "limit",
		settings->is_whole ? json_null() : limit_of(report), "machine",
		settings->is_whole ? machine_of(report) : json_null(), "psi", psi_of(report),
		"reproduced", list_of(traits.reproduced, traits.n_reproduced), "not_reproduced",
		list_of(traits.missing, traits.n_missing)));
}

void simulate_print_json_error(const char *text)
{
	(void)write_json(json_pack("{s:s}", "error", text));
}
