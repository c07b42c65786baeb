/*
 * The figures of the machine. It touches no process, so nothing that a process does can make it
 * late. Its files stay open; nothing is allocated per sample. One thread.
 */
#ifndef WATCH_RECORD_SYSTEM_H
#define WATCH_RECORD_SYSTEM_H

#include "kernel/cpu.h"
#include "kernel/meminfo.h"
#include "kernel/pressure.h"
#include "kernel/proc-file.h"
#include "kernel/sockstat.h"
#include "kernel/swap.h"
#include "kernel/vmstat.h"
#include "kernel/zram-stat.h"
#include "watch/record/sample.h"

#define SYSTEM_ZRAM_MAX  8
#define SYSTEM_TEXT_SIZE 32768

enum system_source {
	SOURCE_MEMINFO,
	SOURCE_VMSTAT,
	SOURCE_PSI_MEMORY,
	SOURCE_PSI_CPU,
	SOURCE_PSI_IO,
	SOURCE_BUDDYINFO,
	SOURCE_SWAPS,
	SOURCE_STAT,
	SOURCE_SOCKSTAT,
	SOURCE_COUNT,
};

/* What full avg10 was; taken_ns is 0 for none. */
struct pressure_past {
	double percent;
	uint64_t taken_ns;
};

/* What the kernel says at one moment. A part that could not be read is not marked in has. */
struct system_raw {
	uint64_t taken_ns;
	bool has[SOURCE_COUNT];
	struct meminfo memory;
	struct vmstat vmstat;
	struct pressure psi_memory, psi_cpu, psi_io;
	struct buddyinfo buddy;
	struct swap_totals swap;
	struct cpu_stat cpu;
	struct sockstat sockets;
	bool has_zram;
	struct zram_stat zram; /* the sum of all devices that are set up */
	double frequency_hz, celsius;
	struct pressure_past older, newer; /* older: for full_change_ratio */
};

struct system_reader {
	const struct sysroot *root;
	uint64_t page_bytes;
	struct proc_file files[SOURCE_COUNT];
	int errors[SOURCE_COUNT]; /* why a file could not be opened: a negative errno, else 0 */
	struct proc_file zram_stats[SYSTEM_ZRAM_MAX], zram_sizes[SYSTEM_ZRAM_MAX];
	struct cpu_sensors sensors;
	struct system_raw raws[2];
	unsigned current; /* the one to fill next */
	bool has_before;
	char text[SYSTEM_TEXT_SIZE];
};

/* What a source gives and where it is read, for the line that says why it is absent. */
extern const char *const system_source_figures[SOURCE_COUNT];
extern const char *const system_source_paths[SOURCE_COUNT];

/* Opens what there is. root must outlive the reader. 0; the negative errno of /proc/meminfo. */
int system_reader_open(struct system_reader *reader, const struct sysroot *root);
void system_reader_close(struct system_reader *reader);

/*
 * Fills all of ret_sample but time. Figures that are differences are of the time since the last
 * call, and absent the first time.
 */
void system_reader_sample(
	struct system_reader *reader, uint64_t taken_ns, struct system_sample *ret_sample);

/* MemAvailable alone, in bytes; NAN when absent. */
double system_reader_glance(struct system_reader *reader);

/*
 * Keeps in now what the pressure is to be compared with. The kernel renews its averages every 2 s,
 * and samples may follow each other sooner: then they are equal, though the pressure falls.
 */
void system_keep_pressure(const struct system_raw *before, struct system_raw *now);

/* The figures of one moment; before is an earlier one, or NULL. Pure. */
void system_compute(const struct system_raw *before, const struct system_raw *now,
	uint64_t page_bytes, struct system_sample *ret_sample);

#endif
