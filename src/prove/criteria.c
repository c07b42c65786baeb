#include "prove/criteria.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "prove/judge-impl.h"

#define LAG_MAX_MS 10 /* a third of the time between two pictures */

const char *const prove_stage_names[PROVE_STAGE_COUNT] = {
	[PROVE_STAGE_BASELINE] = "baseline",
	[PROVE_STAGE_SIMULATED] = "simulated",
	[PROVE_STAGE_HARDWARE] = "hardware",
};

int prove_stage_parse(const char *name, enum prove_stage *ret_stage)
{
	for (int stage = 0; stage < PROVE_STAGE_COUNT; stage++) {
		if (strcmp(prove_stage_names[stage], name) == 0) {
			*ret_stage = (enum prove_stage)stage;
			return 0;
		}
	}
	return -EINVAL;
}

static const struct criterion {
	const char *id, *unit;
	enum report_sense sense;
	double bar;
	struct report_text name, method, fix;
	judge_fn judge;
	bool is_seen_by_viewers; /* their being late may look like the server's fault */
	const char *command;     /* that measures what this run does not; NULL for none */
} table[] = {
	{"F1", "fps", REPORT_SENSE_AT_LEAST, 29.5,
		{"two cameras, 640x480 at 30 fps", "双摄像头 640x480@30fps 稳定推流"},
		{"pictures a second that each viewer got of the slowest camera; mean with a "
		 "block-bootstrap interval over seconds. 29.5 allows for the camera's own clock. "
		 "It also fails for fewer than two cameras, for another size, and for a gap of "
		 "more "
		 "than 1 s",
			"最慢一路摄像头每秒送达各客户端的画面数，取均值，区间由按秒分块的 "
			"bootstrap "
			"得出。29.5 "
			"考虑了摄像头自身时钟的误差。摄像头少于两路、分辨率不符或画面间隔超过 1 "
			"秒时同样判为未通过"},
		{"use format=mjpeg, and a USB port of its own for each camera; set exposure so "
		 "that "
		 "the camera can deliver 30 fps in its light; see twinlens cameras",
			"使用 format=mjpeg，两路摄像头接到不同的 USB "
			"控制器；光线不足时固定曝光时间；参见 "
			"twinlens cameras"},
		judge_frame_rate, true, NULL},
	{"F2", "", REPORT_SENSE_AT_LEAST, PROVE_VIEWERS,
		{"four viewers at once", "支持 4 个并发客户端连接"},
		{"viewers that were accepted, were not disconnected, and got at least 98 % of the "
		 "pictures of every camera",
			"被接受且始终未断开，并收到每路摄像头至少 98% 画面的客户端数"},
		{"set server.max_viewers to at least 4; when pictures are skipped, raise "
		 "server.send_buffer or use a faster network",
			"将 server.max_viewers 设为不小于 4；出现跳帧时增大 server.send_buffer "
			"或改善网络"},
		judge_viewers, true, NULL},
	{"F3", "h", REPORT_SENSE_AT_LEAST, 24, {"24 hours without a fault", "24小时连续运行无异常"},
		{"how long a soak measured; fails when the server restarted, a viewer was lost, a "
		 "picture was broken, frames were missing or the kernel killed for lack of memory",
			"长时间运行的实测时长；服务器重启、客户端断开、画面损坏、帧率不足或内核因内"
			"存不足"
			"终止进程时判为未通过"},
		{"twinlens soak --report DIR shows the bars that were missed, and soak.log when",
			"twinlens soak --report DIR 列出未达到的指标，soak.log 记录发生时间"},
		judge_day, false, "twinlens soak URL --duration 24h --state DIR"},
	{"F4", "%", REPORT_SENSE_AT_MOST, BUDGET_PERCENT, {"memory in use", "内存使用率"},
		{"the highest sample of (total - huge pages - available) / (total - huge pages) of "
		 "/proc/meminfo, one a second",
			"每秒采样 /proc/meminfo，取（总量 − 大页 − 可用）/（总量 − 大页）的最大值"},
		{"twinlens tune plan shows what can be saved; twinlens tune apply does it",
			"twinlens tune plan 列出可节省的内存，twinlens tune apply 执行"},
		judge_used, false, NULL},
	{"P1", "%", REPORT_SENSE_AT_MOST, 10, {"latency over the baseline", "系统响应延迟增加"},
		{"ratio of the mean ages on screen of this run and of the baseline, or where the "
		 "memory was taken, with less memory and with all of it in turns, minus 1; passes "
		 "when the upper end of its interval (bootstrap of one-second blocks) is within "
		 "the bar, or the difference is certainly below 1 ms",
			"本次运行与基准的平均画面延迟之比减 "
			"1；模拟阶段则交替测量内存减少时和全部内存时的延迟并取其比；区间（按秒分块"
			"的 "
			"bootstrap）上限不超过指标，"
			"或差值可以确定小于 1 毫秒，即判为通过"},
		{"look at CPU and memory pressure in the charts; more memory pressure means that "
		 "pages of the server were reclaimed",
			"查看图表中的 CPU 和内存压力；内存压力升高说明服务器的页面被回收"},
		judge_latency, true, "twinlens accept --stage baseline"},
	{"P2", "%", REPORT_SENSE_AT_MOST, 60, {"CPU in use", "CPU使用率"},
		{"busy share of all cores of the whole machine, with the viewers of this run in "
		 "it; "
		 "mean with a block-bootstrap interval over seconds",
			"整机全部核心的占用率，包含本次测试的客户端；取均值，区间由按秒分块的 "
			"bootstrap "
			"得出"},
		{"use format=mjpeg, which is passed on without encoding; twinlens tune disables "
		 "services that are not needed",
			"使用 format=mjpeg 直通，免去编码；用 twinlens tune 停用不需要的服务"},
		judge_cpu, false, NULL},
	{"P3", "KiB/h", REPORT_SENSE_AT_MOST, 100, {"no memory leak", "无内存泄漏"},
		{"the verdict of a soak on the memory of the server, of its service and of the "
		 "kernel: passes for NO LEAK only. The interval is the soak's own",
			"长时间运行对服务器、所属服务及内核内存的结论：仅 NO LEAK "
			"判为通过。区间由该次运行给出"},
		{"twinlens soak --report DIR shows which memory grows; twinlens profile leaks "
		 "shows "
		 "where it is allocated",
			"twinlens soak --report DIR 显示哪一类内存在增长；twinlens profile leaks "
			"显示分配位置"},
		judge_leak, false, "twinlens soak URL --duration 4h --state DIR"},
	{"P4", "s", REPORT_SENSE_AT_MOST, 30, {"start-up time", "启动时间"},
		{"from the kernel's start to the end of the start-up, as systemd-analyze prints it",
			"从内核启动到开机完成，与 systemd-analyze 的结果一致"},
		{"twinlens boot shows where the time went and what can be left out",
			"twinlens boot 显示时间花在哪里、哪些可以不启动"},
		judge_startup, false, NULL},
	{"P5", "MiB", REPORT_SENSE_AT_MOST, BUDGET_SERVER, {"memory of the server", "应用程序内存"},
		{"the highest proportional set size (PSS) of the server, one sample a second",
			"每秒采样服务器的 PSS，取最大值"},
		{"lower frames.max_frame, frames.pool_blocks, server.send_buffer or "
		 "server.max_viewers; the server prints its worst case when it starts",
			"降低 frames.max_frame、frames.pool_blocks、server.send_buffer 或 "
			"server.max_viewers；服务器启动时会打印最坏情况"},
		judge_server_memory, false, NULL},
	{"P6", "MiB", REPORT_SENSE_AT_MOST, BUDGET_BASE, {"memory of the system", "系统基础内存"},
		{"the highest sample of total - huge pages - available, less the PSS of the server "
		 "and of the viewers of this run",
			"（总量 − 大页 − 可用）减去服务器和测试客户端的 PSS，取最大值"},
		{"twinlens tune apply disables services that are not needed and sets up zram",
			"twinlens tune apply 停用不需要的服务并配置 zram"},
		judge_base, false, NULL},
	{"P7", "MiB", REPORT_SENSE_AT_LEAST, BUDGET_CACHE, {"room for the cache", "缓存预留"},
		{"the smallest MemAvailable: what the page cache can have",
			"MemAvailable 的最小值，即页缓存可以使用的内存"},
		{"free memory as for F4", "改进办法同 F4"}, judge_cache, false, NULL},
	{"P8", "MiB", REPORT_SENSE_AT_LEAST, BUDGET_MARGIN, {"margin beyond the cache", "安全余量"},
		{"the smallest MemAvailable less the 500 MiB of the cache",
			"MemAvailable 的最小值减去为缓存预留的 500 MiB"},
		{"free memory as for F4", "改进办法同 F4"}, judge_margin, false, NULL},
	{"S1", "d", REPORT_SENSE_AT_LEAST, 7, {"7 days without a fault", "7天连续运行测试"},
		{"as F3, for 7 days", "同 F3，时长 7 天"}, {"as F3", "同 F3"}, judge_week, false,
		"twinlens soak URL --duration 7d --state DIR"},
	{"S2", "%", REPORT_SENSE_AT_LEAST, 90, {"stress test", "压力测试"},
		{"eight more viewers come and go while four watch: the rate of pictures that the "
		 "four get, of the rate before. It also fails when one of the four is "
		 "disconnected, "
		 "or the server was restarted",
			"4 个客户端观看期间另有 8 个客户端反复连接和断开：这 4 "
			"个客户端的帧率与之前之比。其中任一断开，或服务器发生过重启，同样判为未通"
			"过"},
		{"lower server.max_viewers so that more viewers are refused; see the server's log",
			"降低 server.max_viewers，拒绝多余的客户端；查看服务器日志"},
		judge_stress, true, NULL},
	{"S3", "s", REPORT_SENSE_AT_MOST, 10, {"recovery", "异常恢复测试"},
		{"the server is killed and started again, three times, and as root a camera of "
		 "the drivers uvcvideo or vivid is taken from its driver and given back: the "
		 "longest time until every viewer has pictures of every camera. It also fails "
		 "when a camera cannot be opened and closed 50 times, or CMA or unaccounted "
		 "memory differs by more than 1 % of all memory afterwards",
			"三次强制终止并重新启动服务器；以 root 运行时，将 uvcvideo 或 vivid "
			"驱动的摄像头与驱动解绑再绑定（模拟拔插）：各客户端重新收到每路画面的最长时"
			"间。摄像头不能连续开关 50 次，或之后 CMA 或未归类内存的变化超过总内存的 "
			"1% "
			"时同样判为未通过"},
		{"see the server's log for the camera that does not come back; update its driver",
			"在服务器日志中查找未恢复的摄像头；更新其驱动"},
		judge_recovery, false, NULL},
	{"S4", "", REPORT_SENSE_AT_MOST, 0.5, {"fragmentation of memory", "内存碎片化"},
		{"the kernel's fragmentation index of orders 4 to 9 in the best zone, the worst "
		 "sample; above 0.5 (vm.extfrag_threshold) the kernel compacts instead of "
		 "reclaiming. It also fails when an allocation of order 3 or less would fail, "
		 "when the index rises over the thirds of the run, or when compactions failed in "
		 "each of them",
			"内核碎片指数（4 至 9 阶，取最好的内存区，取最差采样）；超过 "
			"0.5（vm.extfrag_threshold）时内核以规整代替回收。3 "
			"阶及以下的分配会失败、指数在三段时间内持续上升，或每段时间都有内存规整失败"
			"时同样判为未通过"},
		{"raise vm.min_free_kbytes; reserve memory for the camera driver with cma=",
			"增大 vm.min_free_kbytes；用 cma= 为摄像头驱动预留内存"},
		judge_fragmentation, false, NULL},
};

static_assert(sizeof(table) / sizeof(table[0]) == CRITERIA_COUNT, "a row each");

/*
 * A late viewer skips pictures and sees them older than others would: what then looks like a fault
 * says nothing of the server. That it passed in spite of it holds.
 */
static void void_if_late(const struct prove_run *run, struct report_criterion *criterion)
{
	bool is_doubtful =
		criterion->state == REPORT_STATE_FAIL || criterion->state == REPORT_STATE_UNDECIDED;

	if (!is_doubtful || !(run->viewer_lag_p99_ms > LAG_MAX_MS)) {
		return;
	}
	criterion->state = REPORT_STATE_ERROR;
	criterion->value = NAN;
	criterion->low = NAN;
	criterion->high = NAN;
	criterion->needed_s = NAN;
	report_note_set(&criterion->evidence,
		"this machine was too busy to measure it: the viewers of this run read pictures "
		"%.0f ms late (99 %% of them less); end other programs and run accept again",
		"机器过于繁忙，无法测量：本次测试的客户端读取画面最多迟了 %.0f 毫秒（99%% "
		"分位）；请结束其他程序后重新运行 accept",
		run->viewer_lag_p99_ms);
}

void criteria_judge(const struct prove_run *run, const struct prove_baseline *baseline,
	struct report_criterion ret_criteria[static CRITERIA_COUNT])
{
	for (size_t i = 0; i < CRITERIA_COUNT; i++) {
		const struct criterion *row = &table[i];
		ret_criteria[i] = (struct report_criterion){
			.id = row->id,
			.unit = row->unit,
			.name = row->name,
			.method = row->method,
			.fix = row->fix,
			.sense = row->sense,
			.state = REPORT_STATE_ERROR,
			.bar = row->bar,
			.value = NAN,
			.low = NAN,
			.high = NAN,
			.baseline = NAN,
			.needed_s = NAN,
			.command = row->command ? row->command : "",
		};
		row->judge(run, baseline, &ret_criteria[i]);
		if (row->is_seen_by_viewers) {
			void_if_late(run, &ret_criteria[i]);
		}
	}
}

const struct report_criterion *criteria_find(
	const struct report_criterion *criteria, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(criteria[i].id, id) == 0) {
			return &criteria[i];
		}
	}
	return NULL;
}
