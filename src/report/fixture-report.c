#include "report/fixture-report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_ELEMENTS(array) (sizeof(array) / sizeof(array[0]))

static const struct report_criterion criteria[] = {
	{.id = "F1",
		.unit = "fps",
		.name = {"two cameras at 30 fps", "双摄像头 640x480@30fps 稳定推流"},
		.method = {"mean rate of the slowest camera", "最慢一路的平均帧率"},
		.fix = {"use MJPEG", "改用 MJPEG"},
		.sense = REPORT_SENSE_AT_LEAST,
		.bar = 29.5,
		.value = 29.97,
		.low = 29.9,
		.high = 30.02,
		.baseline = 29.98,
		.needed_s = NAN,
		.n = 60,
		.evidence = {"cam0 29.97 fps, cam1 30.00 fps", "cam0 29.97 fps，cam1 30.00 fps"},
		.command = ""},
	{.id = "F4",
		.unit = "%",
		.name = {"memory in use", "内存使用率"},
		.method = {"the highest sample", "最高采样值"},
		.fix = {"run twinlens tune apply", "运行 twinlens tune apply"},
		.state = REPORT_STATE_FAIL,
		.bar = 75,
		.value = 81.25,
		.low = NAN,
		.high = NAN,
		.baseline = NAN,
		.needed_s = NAN,
		.n = 60,
		.evidence = {"at 12 s", "第 12 秒"},
		.command = ""},
	{.id = "P1",
		.name = {"latency over the baseline", "系统响应延迟增加"},
		.unit = "%",
		.method = {"ratio of means", "均值之比"},
		.fix = {"-", "-"},
		.state = REPORT_STATE_UNDECIDED,
		.bar = 10,
		.value = 9.5,
		.low = 4,
		.high = 15,
		.baseline = NAN,
		.needed_s = 540,
		.n = 60,
		.evidence = {"", ""},
		.command = ""},
	{.id = "F3",
		.name = {"24 h run", "24小时连续运行无异常"},
		.unit = "h",
		.method = {"soak", "长时间运行"},
		.fix = {"-", "-"},
		.sense = REPORT_SENSE_AT_LEAST,
		.state = REPORT_STATE_NOT_RUN,
		.bar = 24,
		.value = NAN,
		.low = NAN,
		.high = NAN,
		.baseline = NAN,
		.needed_s = NAN,
		.evidence = {"no state of a soak", "没有长时间运行的记录"},
		.command = "twinlens soak URL --duration 24h --state DIR"},
	{.id = "P4",
		.name = {"start-up", "启动时间"},
		.unit = "s",
		.method = {"systemd", "systemd"},
		.fix = {"-", "-"},
		.state = REPORT_STATE_ERROR,
		.bar = 30,
		.value = NAN,
		.low = NAN,
		.high = NAN,
		.baseline = NAN,
		.needed_s = NAN,
		.evidence = {"systemd: connection refused", "systemd：连接被拒绝"},
		.command = ""},
	{.id = "P9",
		.name = {"nothing to measure", "无需测量"},
		.unit = "",
		.method = {"-", "-"},
		.fix = {"-", "-"},
		.state = REPORT_STATE_NOT_APPLICABLE,
		.bar = 1,
		.value = NAN,
		.low = NAN,
		.high = NAN,
		.baseline = NAN,
		.needed_s = NAN,
		.command = ""},
};

static const struct report_item items[] = {
	{.id = "C01",
		.name = {"zram is configured", "ZRAM内存压缩配置"},
		.box = REPORT_BOX_FOUND,
		.evidence = {"/dev/zram0, 1 GiB", "/dev/zram0，1 GiB"}},
	{.id = "C02",
		.name = {"services are reduced", "系统服务精简"},
		.box = REPORT_BOX_NOT_FOUND},
	{.id = "C17", .name = {"the team is trained", "团队培训完成"}, .box = REPORT_BOX_SIGNATURE},
};

static const struct report_series series[] = {
	{"memory.available_bytes", {"available", "可用内存"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"memory.cached_bytes", {"cache", "缓存"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"memory.anonymous_bytes", {"anonymous", "匿名内存"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"memory.slab_bytes", {"slab", "slab"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"memory.unaccounted_bytes", {"drivers", "驱动占用"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"swap.used_bytes", {"swap", "交换区"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"zram.memory_bytes", {"zram", "zram"}, REPORT_CHART_MEMORY, NULL, NULL, 0},
	{"psi.memory.some_percent", {"memory", "内存"}, REPORT_CHART_PRESSURE, NULL, NULL, 0},
	{"psi.cpu.some_percent", {"CPU", "CPU"}, REPORT_CHART_PRESSURE, NULL, NULL, 0},
	{"psi.io.some_percent", {"I/O", "I/O"}, REPORT_CHART_PRESSURE, NULL, NULL, 0},
	{"cpu.used_percent", {"machine", "整机"}, REPORT_CHART_CPU, NULL, NULL, 0},
	{"process.serve.cpu_percent", {"server", "服务器"}, REPORT_CHART_CPU, NULL, NULL, 0},
	{"camera.cam0.fps", {"cam0", "cam0"}, REPORT_CHART_FPS, NULL, NULL, 0},
	{"camera.cam1.fps", {"cam1", "cam1"}, REPORT_CHART_FPS, NULL, NULL, 0},
	{"camera.cam0.age_ms", {"cam0", "cam0"}, REPORT_CHART_AGE, NULL, NULL, 0},
	{"camera.cam1.age_ms", {"cam1", "cam1"}, REPORT_CHART_AGE, NULL, NULL, 0},
};

static const struct report_fact facts[] = {
	{"model", {"model", "型号"}, "QEMU board"},
	{"kernel", {"kernel", "内核"}, "Linux 6.1.0"},
};

static const char *const commands[] = {"twinlens accept --stage hardware --duration 60s"};

static const struct report_digest digests[] = {
	{"/usr/bin/twinlens", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
};

/* Noise that is the same on every machine, so that every pixel column has four points to keep. */
static double noise(size_t i, size_t kind)
{
	return fmod(fabs(sin((double)(i * 7919 + kind * 104729)) * 43758.5453), 1.0);
}

static void fill_series(
	struct fixture_report *fixture, struct report_series *copy, size_t n, double interval_s)
{
	fixture->times = malloc(n * sizeof(double));
	fixture->values = malloc(N_ELEMENTS(series) * n * sizeof(double));
	for (size_t i = 0; i < n; i++) {
		fixture->times[i] = (double)i * interval_s;
	}
	for (size_t k = 0; k < N_ELEMENTS(series); k++) {
		double *values = fixture->values + k * n;
		for (size_t i = 0; i < n; i++) {
			values[i] = 20 + (double)k * 100 + 10 * noise(i, k);
		}
		copy[k] = series[k];
		copy[k].times_s = fixture->times;
		copy[k].values = values;
		copy[k].n = n;
	}
}

static void spoil(struct report *report)
{
	struct report_criterion *criterion = (struct report_criterion *)report->criteria;
	struct report_item *item = (struct report_item *)report->items;
	struct report_series *one = (struct report_series *)report->series;
	const struct report_text text = {FIXTURE_HOSTILE, FIXTURE_HOSTILE};
	static const struct report_fact fact = {
		"model", {FIXTURE_HOSTILE, FIXTURE_HOSTILE}, FIXTURE_HOSTILE};
	static const struct report_digest digest = {FIXTURE_HOSTILE, "00"};
	static const char *const command = FIXTURE_HOSTILE;

	for (size_t i = 0; i < report->n_criteria; i++) {
		report_note_set(&criterion[i].evidence, "%s", "%s", FIXTURE_HOSTILE);
	}
	for (size_t i = 0; i < report->n_items; i++) {
		report_note_set(&item[i].evidence, "%s", "%s", FIXTURE_HOSTILE);
	}
	for (size_t i = 0; i < report->n_series; i++) {
		one[i].label = text;
	}
	report->facts = &fact;
	report->n_facts = 1;
	report->digests = &digest;
	report->n_digests = 1;
	report->commands = &command;
	report->n_commands = 1;
	report->baseline = FIXTURE_HOSTILE;
}

static void *copy_of(const void *data, size_t size)
{
	void *copy = malloc(size);

	memcpy(copy, data, size);
	return copy;
}

void fixture_report_init(struct fixture_report *fixture, size_t n, double interval_s, bool hostile)
{
	struct report_series *copy = malloc(sizeof(series));

	fill_series(fixture, copy, n, interval_s);
	fixture->report = (struct report){
		.version = "0.1.0",
		.stage = "hardware",
		.baseline = "baseline/accept.json",
		.began = 1795700000,
		.ended = 1795700000 + (time_t)((double)n * interval_s),
		.is_complete = true,
		.facts = facts,
		.n_facts = N_ELEMENTS(facts),
		.criteria = copy_of(criteria, sizeof(criteria)),
		.n_criteria = N_ELEMENTS(criteria),
		.items = copy_of(items, sizeof(items)),
		.n_items = N_ELEMENTS(items),
		.series = copy,
		.n_series = N_ELEMENTS(series),
		.commands = commands,
		.n_commands = N_ELEMENTS(commands),
		.digests = digests,
		.n_digests = N_ELEMENTS(digests),
	};
	if (hostile) {
		spoil(&fixture->report);
	}
}

void fixture_report_done(struct fixture_report *fixture)
{
	free((void *)fixture->report.criteria);
	free((void *)fixture->report.items);
	free((void *)fixture->report.series);
	free(fixture->times);
	free(fixture->values);
}
