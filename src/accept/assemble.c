#include "accept/assemble.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MIB (1024.0 * 1024.0)

static const struct column {
	enum system_figure figure;
	enum report_chart chart;
	struct report_text label;
	double divisor;
} columns[] = {
	{FIGURE_MEMORY_AVAILABLE, REPORT_CHART_MEMORY, {"available", "可用"}, MIB},
	{FIGURE_MEMORY_CACHED, REPORT_CHART_MEMORY, {"cache", "页缓存"}, MIB},
	{FIGURE_MEMORY_ANONYMOUS, REPORT_CHART_MEMORY, {"anonymous", "匿名页"}, MIB},
	{FIGURE_MEMORY_SLAB, REPORT_CHART_MEMORY, {"slab", "slab"}, MIB},
	{FIGURE_MEMORY_UNACCOUNTED, REPORT_CHART_MEMORY,
		{"unaccounted (drivers)", "未归类（驱动）"}, MIB},
	{FIGURE_MEMORY_CMA_FREE, REPORT_CHART_MEMORY, {"free CMA", "空闲 CMA"}, MIB},
	{FIGURE_SWAP_USED, REPORT_CHART_MEMORY, {"swap in use", "已用交换区"}, MIB},
	{FIGURE_ZRAM_MEMORY, REPORT_CHART_MEMORY, {"zram", "zram 占用"}, MIB},
	{FIGURE_PSI_MEMORY_SOME, REPORT_CHART_PRESSURE, {"memory, some", "内存（部分任务）"}, 1},
	{FIGURE_PSI_MEMORY_FULL, REPORT_CHART_PRESSURE, {"memory, full", "内存（全部任务）"}, 1},
	{FIGURE_PSI_CPU_SOME, REPORT_CHART_PRESSURE, {"CPU, some", "CPU（部分任务）"}, 1},
	{FIGURE_PSI_IO_SOME, REPORT_CHART_PRESSURE, {"I/O, some", "I/O（部分任务）"}, 1},
	{FIGURE_CPU_USED_PERCENT, REPORT_CHART_CPU, {"all cores", "全部核心"}, 1},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The next column of values, and its series. */
static double *next_series(struct assembled *assembled, size_t n, const char *name,
	struct report_text label, enum report_chart chart)
{
	size_t index = assembled->report.n_series++;
	double *values = assembled->columns + (index + 1) * n;

	assembled->series[index] = (struct report_series){
		.name = name,
		.label = label,
		.chart = chart,
		.times_s = assembled->columns,
		.values = values,
		.n = n,
	};
	return values;
}

static void add_system(const struct prove_run *run, struct assembled *assembled)
{
	for (size_t c = 0; c < N_COLUMNS; c++) {
		const struct column *column = &columns[c];
		double *values = next_series(assembled, run->n, system_figure_names[column->figure],
			column->label, column->chart);
		bool is_known = false;
		for (size_t i = 0; i < run->n; i++) {
			values[i] = run->seconds[i].system[column->figure] / column->divisor;
			is_known |= !isnan(values[i]);
		}
		assembled->report.n_series -= !is_known; /* the machine has no such figure */
	}
}

static void add_server(const struct prove_run *run, struct assembled *assembled)
{
	static const struct report_text memory = {"server (PSS)", "服务器（PSS）"};
	static const struct report_text cpu = {"server, of one core", "服务器（按单核计）"};
	double *values = next_series(
		assembled, run->n, "process.serve.pss_bytes", memory, REPORT_CHART_MEMORY);

	for (size_t i = 0; i < run->n; i++) {
		values[i] = run->seconds[i].server[PROCESS_PSS] / MIB;
	}
	values = next_series(assembled, run->n, "process.serve.cpu_percent", cpu, REPORT_CHART_CPU);
	for (size_t i = 0; i < run->n; i++) {
		values[i] = run->seconds[i].server[PROCESS_CPU_PERCENT];
	}
}

static void add_cameras(const struct prove_run *run, struct assembled *assembled)
{
	for (size_t camera = 0; camera < run->n_cameras; camera++) {
		const char *name = run->cameras[camera].name;
		const struct report_text label = {name, name};
		double *fps = next_series(assembled, run->n, name, label, REPORT_CHART_FPS);
		double *ages = next_series(assembled, run->n, name, label, REPORT_CHART_AGE);
		for (size_t i = 0; i < run->n; i++) {
			fps[i] = run->seconds[i].fps[camera];
			ages[i] = run->seconds[i].age_ms[camera];
		}
	}
}

static int add_series(const struct prove_run *run, struct assembled *assembled)
{
	assembled->columns = calloc((ASSEMBLE_SERIES_MAX + 1) * (run->n + 1), sizeof(double));
	if (!assembled->columns) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < run->n; i++) {
		assembled->columns[i] = run->seconds[i].time_s;
	}
	add_system(run, assembled);
	add_server(run, assembled);
	add_cameras(run, assembled);
	return 0;
}

static void add_digests(const struct assemble_input *input, struct assembled *assembled)
{
	struct report *report = &assembled->report;

	for (const char *const *file = input->files;
		*file && report->n_digests < ASSEMBLE_FILES_MAX; file++) {
		char *text = assembled->digest_texts[report->n_digests];
		if (digest_file(*file, text) == 0) {
			assembled->digests[report->n_digests++] =
				(struct report_digest){.path = *file, .sha256 = text};
		}
	}
}

int assemble(const struct assemble_input *input, struct assembled *ret_assembled)
{
	struct assembled *assembled = ret_assembled;
	const struct prove_run *run = &input->measurement->run;

	*assembled = (struct assembled){0};
	criteria_judge(run, input->baseline ? &input->baseline->prove : NULL, assembled->criteria);
	if (input->baseline) {
		baseline_apply(input->baseline, assembled->criteria, CRITERIA_COUNT);
	}
	checklist_judge(input->facts, assembled->criteria, CRITERIA_COUNT, assembled->items);
	machine_facts_read(&assembled->machine, &sysroot_real);
	assembled->report = (struct report){
		.version = TWINLENS_VERSION,
		.stage = prove_stage_names[run->stage],
		.baseline = input->baseline ? input->baseline_path : NULL,
		.began = input->began,
		.ended = input->ended,
		.is_complete = run->is_complete,
		.facts = assembled->machine.facts,
		.n_facts = assembled->machine.n,
		.simulation = input->simulation,
		.criteria = assembled->criteria,
		.n_criteria = CRITERIA_COUNT,
		.items = assembled->items,
		.n_items = CHECKLIST_COUNT,
		.series = assembled->series,
		.commands = input->commands,
		.n_commands = input->n_commands,
		.digests = assembled->digests,
	};
	add_digests(input, assembled);
	return add_series(run, assembled);
}

void assembled_done(struct assembled *assembled)
{
	free(assembled->columns);
	assembled->columns = NULL;
}
