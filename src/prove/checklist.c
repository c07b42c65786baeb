#include "prove/checklist.h"

#include <assert.h>
#include <string.h>

#include "prove/criteria.h"

#define POOL_BLOCKS_MAX      6               /* MEMORY_POOL_MAX_BLOCKS of the guide, a camera */
#define POOL_BLOCK_BYTES_MAX (640 * 480 * 3) /* MAX_FRAME_SIZE */
#define BOARD_BYTES_MAX      (4096.0 * 1024 * 1024)

struct place {
	const struct checklist_facts *facts;
	const struct report_criterion *criteria;
	size_t n_criteria;
	struct report_item *item;
};

typedef void (*check_fn)(struct place *place);

static void tick(struct place *place, bool is_found)
{
	place->item->box = is_found ? REPORT_BOX_FOUND : REPORT_BOX_NOT_FOUND;
}

static void check_zram(struct place *place)
{
	/* 16 bytes a page of 4 KiB: see zram-stat.h */
	double size_mib = place->facts->zram_table_bytes * 256 / (1024 * 1024);

	tick(place, size_mib > 0);
	report_note_set(&place->item->evidence, "%.0f MiB of swap in zram", "zram 交换区 %.0f MiB",
		size_mib);
}

static void check_services(struct place *place)
{
	tick(place, place->facts->is_tuned && place->facts->n_services > 0);
	report_note_set(&place->item->evidence, "%u services disabled by twinlens tune",
		"twinlens tune 停用了 %u 个服务", place->facts->n_services);
}

static void check_sysctls(struct place *place)
{
	tick(place, place->facts->is_tuned && place->facts->n_sysctls > 0);
	report_note_set(&place->item->evidence, "%u kernel settings set by twinlens tune",
		"twinlens tune 设置了 %u 项内核参数", place->facts->n_sysctls);
}

static void check_pool(struct place *place)
{
	tick(place, place->facts->pool_blocks > 0);
	report_note_set(&place->item->evidence,
		"%u blocks, allocated once; %u frames dropped for lack of a block",
		"%u 个内存块，一次性分配；因内存块不足丢弃 %u 帧", place->facts->pool_blocks,
		place->facts->pool_exhausted);
}

static void check_buffers(struct place *place)
{
	const struct checklist_facts *facts = place->facts;

	tick(place, facts->pool_blocks > 0 &&
			    facts->pool_blocks <= POOL_BLOCKS_MAX * facts->n_cameras &&
			    facts->pool_block_bytes <= POOL_BLOCK_BYTES_MAX);
	report_note_set(&place->item->evidence, "%zu cameras, %u blocks of %u bytes",
		"%zu 路摄像头，%u 个内存块，每块 %u 字节", facts->n_cameras, facts->pool_blocks,
		facts->pool_block_bytes);
}

static const struct report_criterion *criterion_of(const struct place *place, const char *id)
{
	const struct report_criterion *criterion =
		criteria_find(place->criteria, place->n_criteria, id);

	assert(criterion);
	return criterion;
}

/* The box of a test is ticked when the criterion that it tests is met. */
static void check_criterion(struct place *place, const char *id)
{
	enum report_state state = criterion_of(place, id)->state;

	tick(place, state == REPORT_STATE_PASS);
	snprintf(place->item->evidence.en, REPORT_NOTE_MAX, "%s: %s", id,
		report_state_text(state).en);
	snprintf(place->item->evidence.zh, REPORT_NOTE_MAX, "%s：%s", id,
		report_state_text(state).zh);
}

static void check_stress(struct place *place)
{
	check_criterion(place, "F2");
}

static void check_long_run(struct place *place)
{
	check_criterion(place, "F3");
}

static void check_leak(struct place *place)
{
	check_criterion(place, "P3");
}

static void check_regression(struct place *place)
{
	check_criterion(place, "P1");
}

static void check_simulated(struct place *place)
{
	tick(place, place->facts->stage == PROVE_STAGE_SIMULATED);
	report_note_set(&place->item->evidence, "this run is in the stage \"%s\"",
		"本次运行的阶段为 %s", prove_stage_names[place->facts->stage]);
}

static void check_hardware(struct place *place)
{
	double mib = place->facts->memory_bytes / (1024 * 1024);

	tick(place, place->facts->stage == PROVE_STAGE_HARDWARE &&
			    place->facts->memory_bytes <= BOARD_BYTES_MAX);
	report_note_set(&place->item->evidence,
		"this run is in the stage \"%s\", on a machine with %.0f MiB",
		"本次运行的阶段为 %s，机器内存 %.0f MiB", prove_stage_names[place->facts->stage],
		mib);
}

static void check_watch(struct place *place)
{
	bool is_watched = place->facts->is_watched;

	tick(place, is_watched);
	if (is_watched) {
		report_note_set(&place->item->evidence, "twinlens watch is running",
			"twinlens watch 正在运行");
	} else {
		report_note_set(&place->item->evidence, "twinlens watch is not running",
			"twinlens watch 未运行");
	}
}

static void check_rollback(struct place *place)
{
	tick(place, place->facts->is_tuned);
	if (place->facts->is_tuned) {
		report_note_set(&place->item->evidence,
			"twinlens tune rollback restores what was changed",
			"twinlens tune rollback 可恢复全部改动");
	} else {
		report_note_set(&place->item->evidence,
			"no profile of twinlens tune is applied: nothing to go back to",
			"未应用 twinlens tune 的方案，无可回滚的改动");
	}
}

static void check_by_people(struct place *place)
{
	place->item->box = REPORT_BOX_SIGNATURE;
}

static const struct item {
	const char *id;
	struct report_text name;
	check_fn check;
} table[] = {
	{"C01", {"zram is configured", "ZRAM内存压缩配置"}, check_zram},
	{"C02", {"services are reduced", "系统服务精简"}, check_services},
	{"C03", {"memory management is tuned", "内存管理参数调优"}, check_sysctls},
	{"C04", {"the application has a memory pool", "应用程序内存池实现"}, check_pool},
	{"C05", {"frames are sent without a copy", "零拷贝技术应用"}, check_by_people},
	{"C06", {"buffers are sized", "缓冲区大小优化"}, check_buffers},
	{"C07", {"tested with 4 GB simulated", "4GB环境模拟测试"}, check_simulated},
	{"C08", {"stress test with several clients", "多客户端压力测试"}, check_stress},
	{"C09", {"24 h run", "24小时稳定性测试"}, check_long_run},
	{"C10", {"checked for memory leaks", "内存泄漏检测"}, check_leak},
	{"C11", {"performance regression test", "性能回归测试"}, check_regression},
	{"C12", {"verified on real hardware", "实际硬件验证"}, check_hardware},
	{"C13", {"monitoring is deployed", "监控脚本部署"}, check_watch},
	{"C14", {"alerts are configured", "告警机制配置"}, check_watch},
	{"C15", {"rollback is prepared", "回滚方案准备"}, check_rollback},
	{"C16", {"documents are updated", "文档更新完成"}, check_by_people},
	{"C17", {"the team is trained", "团队培训完成"}, check_by_people},
};

static_assert(sizeof(table) / sizeof(table[0]) == CHECKLIST_COUNT, "a row each");

void checklist_judge(const struct checklist_facts *facts, const struct report_criterion *criteria,
	size_t n_criteria, struct report_item ret_items[static CHECKLIST_COUNT])
{
	for (size_t i = 0; i < CHECKLIST_COUNT; i++) {
		struct place place = {facts, criteria, n_criteria, &ret_items[i]};
		ret_items[i] = (struct report_item){.id = table[i].id, .name = table[i].name};
		table[i].check(&place);
	}
}
