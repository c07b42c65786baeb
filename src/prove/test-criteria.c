#include "prove/criteria.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "stats/prng.h"

#define N   60
#define MIB (1024.0 * 1024.0)

/* A good board: everything within its bar. Each test spoils one thing. */
struct board {
	struct prove_run run;
	struct prove_second seconds[N];
	struct equivalence_block baseline_ages[N];
	struct prove_baseline baseline;
	struct report_criterion criteria[CRITERIA_COUNT];
};

static double noise(struct prng *prng)
{
	return (double)(prng_next(prng) >> 11) * 0x1p-53 - 0.5;
}

static void fill_second(struct prove_second *second, struct prng *prng)
{
	for (size_t i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		second->system[i] = NAN;
	}
	second->system[FIGURE_MEMORY_TOTAL] = 3800 * MIB;
	second->system[FIGURE_MEMORY_AVAILABLE] = (2000 + 10 * noise(prng)) * MIB;
	second->system[FIGURE_MEMORY_USED_PERCENT] =
		100 * (1 - second->system[FIGURE_MEMORY_AVAILABLE] / (3800 * MIB));
	second->system[FIGURE_CPU_USED_PERCENT] = 30 + 10 * noise(prng);
	second->system[FIGURE_VM_ALLOCATION_STALLS] = 0;
	second->server[PROCESS_PSS] = 14 * MIB;
	second->server[PROCESS_CPU_PERCENT] = 20;
	second->viewers_pss = 2 * MIB;
	second->viewers_cpu_percent = 3;
	second->external_small = -1;
	second->external_large = 0.1;
	second->fps[0] = 30 + 0.5 * noise(prng);
	second->fps[1] = 30 + 0.5 * noise(prng);
	second->ages = (struct equivalence_block){100 * (20 + 4 * noise(prng)), 100};
}

static void fill(struct board *board)
{
	struct prng prng;

	*board = (struct board){0};
	prng_init(&prng, 1);
	for (size_t i = 0; i < N; i++) {
		fill_second(&board->seconds[i], &prng);
		board->seconds[i].time_s = (double)i;
		board->baseline_ages[i] =
			(struct equivalence_block){100 * (20 + 4 * noise(&prng)), 100};
	}
	board->baseline = (struct prove_baseline){board->baseline_ages, N};
	board->run = (struct prove_run){
		.stage = PROVE_STAGE_HARDWARE,
		.is_complete = true,
		.seconds = board->seconds,
		.n = N,
		.n_cameras = 2,
		.cameras = {{"cam0", 640, 480, 70, 0, 20, 35}, {"cam1", 640, 480, 70, 0, 20, 35}},
		.viewers = {{true, 1}, {true, 1}, {true, 1}, {true, 1}},
		.startup.seconds = 12.5,
		.stress = {true, 5, 40, 40, 30, 29.5, true},
		.recovery = {true, 3, 1.5, 0.1, -0.2},
		.is_own_server = true,
	};
}

static void judge(struct board *board)
{
	criteria_judge(&board->run, &board->baseline, board->criteria);
}

static const char *evidence_of(const struct board *board, const char *id)
{
	return criteria_find(board->criteria, CRITERIA_COUNT, id)->evidence.en;
}

static enum report_state state_of(const struct board *board, const char *id)
{
	const struct report_criterion *criterion =
		criteria_find(board->criteria, CRITERIA_COUNT, id);

	assert_non_null(criterion);
	return criterion->state;
}

/* Exactly those in failed, which are separated by blanks, have failed; none is in error. */
static void assert_failed(const struct board *board, const char *failed)
{
	char found[128] = "";

	for (size_t i = 0; i < CRITERIA_COUNT; i++) {
		assert_int_not_equal(board->criteria[i].state, REPORT_STATE_ERROR);
		if (board->criteria[i].state == REPORT_STATE_FAIL) {
			strcat(found, found[0] ? " " : "");
			strcat(found, board->criteria[i].id);
		}
	}
	assert_string_equal(found, failed);
}

static void test_good_board(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	judge(&board);
	assert_failed(&board, "");
	for (const char *const *id = (const char *const[]){"F1", "F2", "F4", "P1", "P2", "P4", "P5",
		     "P6", "P7", "P8", "S2", "S3", "S4", NULL};
		*id; id++) {
		assert_int_equal(state_of(&board, *id), REPORT_STATE_PASS);
	}
	for (const char *const *id = (const char *const[]){"F3", "P3", "S1", NULL}; *id; id++) {
		assert_int_equal(state_of(&board, *id), REPORT_STATE_NOT_RUN);
	}
	const struct report_criterion *base = criteria_find(board.criteria, CRITERIA_COUNT, "P6");
	assert_true(fabs(base->value - (3800 - 1995 - 14 - 2)) < 1);
}

static void test_slow_camera(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].fps[1] = 20;
	}
	judge(&board);
	assert_failed(&board, "F1");
	const struct report_criterion *rate = criteria_find(board.criteria, CRITERIA_COUNT, "F1");
	assert_true(rate->value == 20);
	assert_non_null(strstr(rate->evidence.en, "cam1"));
}

static void test_unfit_cameras(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.run.n_cameras = 1;
	judge(&board);
	assert_failed(&board, "F1");
	fill(&board);
	board.run.cameras[1].width = 320;
	judge(&board);
	assert_failed(&board, "F1");
	fill(&board);
	board.run.cameras[0].gap_max_ms = 1500;
	judge(&board);
	assert_failed(&board, "F1");
}

static void test_frame_rate_near_the_bar(void **state)
{
	(void)state;
	struct board board;
	struct prng prng;
	fill(&board);
	prng_init(&prng, 7);
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].fps[0] = 29.5 + 4 * noise(&prng);
	}
	judge(&board);
	const struct report_criterion *rate = criteria_find(board.criteria, CRITERIA_COUNT, "F1");
	assert_int_equal(rate->state, REPORT_STATE_UNDECIDED);
	assert_true(rate->low < 29.5 && rate->high > 29.5);
	assert_true(rate->needed_s > 0);
}

static void test_refused_viewer(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.run.viewers[3] = (struct prove_viewer){false, 0};
	strcpy(board.run.viewer_error, "the server answers 503");
	judge(&board);
	assert_failed(&board, "F2");
	const struct report_criterion *viewers =
		criteria_find(board.criteria, CRITERIA_COUNT, "F2");
	assert_true(viewers->value == 3);
	assert_non_null(strstr(viewers->evidence.zh, "503"));
	fill(&board);
	board.run.viewers[0].share = 0.9;
	judge(&board);
	assert_failed(&board, "F2");
}

static void test_latency(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].ages.sum *= 1.3;
	}
	judge(&board);
	assert_failed(&board, "P1");
	criteria_judge(&board.run, NULL, board.criteria);
	assert_int_equal(state_of(&board, "P1"), REPORT_STATE_NOT_RUN);
	board.run.stage = PROVE_STAGE_BASELINE;
	judge(&board);
	assert_int_equal(state_of(&board, "P1"), REPORT_STATE_NOT_APPLICABLE);
}

/* A B A B: the baseline of another day does not count then. */
static void test_latency_in_turns(void **state)
{
	(void)state;
	struct board board;
	struct equivalence_block slower[N];
	fill(&board);
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].ages.sum *= 1.3;
		slower[i] = (struct equivalence_block){
			board.baseline_ages[i].sum * 1.3, board.baseline_ages[i].weight};
	}
	board.run.stage = PROVE_STAGE_SIMULATED;
	board.run.turns = (struct prove_turns){board.baseline_ages, board.baseline_ages, N};
	judge(&board);
	assert_failed(&board, "");
	assert_int_equal(state_of(&board, "P1"), REPORT_STATE_PASS);
	board.run.turns.less = slower;
	criteria_judge(&board.run, NULL, board.criteria);
	assert_failed(&board, "P1");
	assert_non_null(strstr(evidence_of(&board, "P1"), "in turns"));
}

static void test_large_server(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.seconds[30].server[PROCESS_PSS] = 201 * MIB;
	judge(&board);
	assert_failed(&board, "P5");
}

static void test_memory_in_use(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.seconds[30].system[FIGURE_MEMORY_AVAILABLE] = 945 * MIB;
	board.seconds[30].system[FIGURE_MEMORY_USED_PERCENT] = 100 * (1 - 945.0 / 3800);
	judge(&board);
	assert_failed(&board, "F4 P6 P8");
	const struct report_criterion *margin = criteria_find(board.criteria, CRITERIA_COUNT, "P8");
	assert_true(fabs(margin->value - 445) < 0.01);
}

static void set_memory(struct board *board, double total_mib, double available_mib)
{
	for (size_t i = 0; i < N; i++) {
		double *figures = board->seconds[i].system;
		figures[FIGURE_MEMORY_AVAILABLE] = available_mib * MIB;
		figures[FIGURE_MEMORY_USED_PERCENT] = 100 * (1 - available_mib / total_mib);
	}
}

/* What can fail alone; F4 cannot: what is used then is too much for P6, or P8 has no room. */
static void test_budget(void **state)
{
	(void)state;
	static const struct {
		double total, available;
		const char *failed;
	} rows[] = {
		{3800, 1450, ""},
		{3600, 1300, "P8"},
		{4000, 1500, "P6"},
		{8000, 1900, "F4 P6"},
		{2000, 480, "F4 P7 P8"},
	};
	struct board board;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(&board);
		set_memory(&board, rows[i].total, rows[i].available);
		judge(&board);
		assert_failed(&board, rows[i].failed);
	}
}

static void test_cpu_and_startup(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].system[FIGURE_CPU_USED_PERCENT] = 65;
	}
	board.run.startup.seconds = 31;
	board.run.clock_percent = 62;
	judge(&board);
	assert_non_null(strstr(evidence_of(&board, "P2"), "clock 62 %"));
	assert_failed(&board, "P2 P4");
	board.run.startup.seconds = NAN;
	strcpy(board.run.startup.error, "no systemd");
	judge(&board);
	assert_int_equal(state_of(&board, "P4"), REPORT_STATE_NOT_RUN);
}

static void test_fragmentation(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.seconds[5].external_large = 0.6;
	judge(&board);
	assert_failed(&board, "S4");
	fill(&board);
	board.seconds[5].external_small = 0.2;
	judge(&board);
	assert_failed(&board, "S4");
}

static void test_fragmentation_trend(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].external_large = 0.4 * (double)i / N;
	}
	judge(&board);
	assert_failed(&board, "S4");
	assert_non_null(strstr(evidence_of(&board, "S4"), "rising"));
	fill(&board);
	for (size_t i = 0; i < N; i++) { /* it swings, and it falls */
		board.seconds[i].external_large = i % 2 ? 0.4 : -1;
	}
	judge(&board);
	assert_failed(&board, "");
	for (size_t i = 0; i < N; i++) {
		board.seconds[i].external_large = 0.4 - 0.4 * (double)i / N;
	}
	judge(&board);
	assert_failed(&board, "");
	fill(&board);
	board.seconds[3].system[FIGURE_VM_COMPACTION_FAILURES] = 5;
	judge(&board);
	assert_failed(&board, "");
	board.seconds[30].system[FIGURE_VM_COMPACTION_FAILURES] = 1;
	board.seconds[50].system[FIGURE_VM_COMPACTION_FAILURES] = 1;
	judge(&board);
	assert_failed(&board, "S4");
}

static void test_soak(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.run.soak = (struct prove_soak){.is_known = true,
		.measured_s = 8 * 86400,
		.slope_kib_h = 1,
		.low_kib_h = -5,
		.high_kib_h = 7,
		.needed_s = NAN};
	judge(&board);
	assert_failed(&board, "");
	assert_int_equal(state_of(&board, "F3"), REPORT_STATE_PASS);
	assert_int_equal(state_of(&board, "P3"), REPORT_STATE_PASS);
	assert_int_equal(state_of(&board, "S1"), REPORT_STATE_PASS);
	board.run.soak.measured_s = 30 * 3600;
	board.run.soak.leak = PROVE_LEAK_UNDECIDED;
	judge(&board);
	assert_int_equal(state_of(&board, "F3"), REPORT_STATE_PASS);
	assert_int_equal(state_of(&board, "P3"), REPORT_STATE_UNDECIDED);
	const struct report_criterion *week = criteria_find(board.criteria, CRITERIA_COUNT, "S1");
	assert_int_equal(week->state, REPORT_STATE_UNDECIDED);
	assert_true(week->needed_s == 138 * 3600);
	board.run.soak.leak = PROVE_LEAK_FOUND;
	judge(&board);
	assert_failed(&board, "P3");
	board.run.soak.leak = PROVE_LEAK_NONE;
	strcpy(board.run.soak.faults, "restarts");
	judge(&board);
	assert_failed(&board, "F3 S1");
}

static void test_late_viewers_prove_no_fault(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.run.viewer_lag_p99_ms = 40;
	board.run.viewers[3].share = 0.9;
	board.seconds[30].server[PROCESS_PSS] = 201 * MIB;
	judge(&board);
	assert_int_equal(state_of(&board, "F1"), REPORT_STATE_PASS);
	assert_int_equal(state_of(&board, "F2"), REPORT_STATE_ERROR);
	assert_int_equal(state_of(&board, "P5"), REPORT_STATE_FAIL);
	assert_true(isnan(criteria_find(board.criteria, CRITERIA_COUNT, "F2")->value));
}

static void test_stress(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.run.stress.fps = 26;
	judge(&board);
	assert_failed(&board, "S2");
	fill(&board);
	board.run.stress.is_survived = false;
	judge(&board);
	assert_failed(&board, "S2");
	board.run.stress.is_run = false;
	judge(&board);
	assert_int_equal(state_of(&board, "S2"), REPORT_STATE_NOT_RUN);
}

static void test_recovery(void **state)
{
	(void)state;
	struct board board;
	fill(&board);
	board.run.recovery.seconds_max = 11;
	judge(&board);
	assert_failed(&board, "S3");
	board.run.recovery.seconds_max = NAN;
	judge(&board);
	assert_null(strstr(evidence_of(&board, "S3"), "nan"));
	assert_failed(&board, "S3");
	fill(&board);
	board.run.recovery.cma_change_percent = 1.5;
	judge(&board);
	assert_failed(&board, "S3");
	fill(&board);
	board.run.recovery.cma_change_percent = NAN;
	judge(&board);
	assert_failed(&board, "");
	assert_null(strstr(evidence_of(&board, "S3"), "nan"));
	board.run.recovery.is_unplugged = true;
	board.run.recovery.unplugged_s = 3;
	judge(&board);
	assert_failed(&board, "");
	assert_true(criteria_find(board.criteria, CRITERIA_COUNT, "S3")->value == 3);
	board.run.recovery.unplugged_s = 12;
	judge(&board);
	assert_failed(&board, "S3");
	board.run.recovery.unplugged_s = NAN;
	judge(&board);
	assert_null(strstr(evidence_of(&board, "S3"), "nan"));
	assert_failed(&board, "S3");
	board.run.recovery.is_unplugged = false;
	strcpy(board.run.recovery.open_error, "/dev/video0: no picture");
	judge(&board);
	assert_failed(&board, "S3");
	assert_non_null(strstr(
		criteria_find(board.criteria, CRITERIA_COUNT, "S3")->evidence.zh, "no picture"));
	board.run.recovery.open_error[0] = '\0';
	board.run.recovery.is_run = false;
	judge(&board);
	assert_int_equal(state_of(&board, "S3"), REPORT_STATE_NOT_RUN);
}

/* Nothing was measured: no verdict is made up. */
static void test_empty_run(void **state)
{
	(void)state;
	struct board board = {.run = {.stage = PROVE_STAGE_HARDWARE, .startup.seconds = NAN}};

	criteria_judge(&board.run, NULL, board.criteria);
	for (size_t i = 0; i < CRITERIA_COUNT; i++) {
		assert_int_not_equal(board.criteria[i].state, REPORT_STATE_PASS);
		assert_int_not_equal(board.criteria[i].state, REPORT_STATE_FAIL);
		assert_true(isnan(board.criteria[i].value));
	}
}

static void test_stage_names(void **state)
{
	(void)state;
	enum prove_stage stage;

	assert_int_equal(prove_stage_parse("simulated", &stage), 0);
	assert_int_equal(stage, PROVE_STAGE_SIMULATED);
	assert_true(prove_stage_parse("Baseline", &stage) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_board),
		cmocka_unit_test(test_slow_camera),
		cmocka_unit_test(test_unfit_cameras),
		cmocka_unit_test(test_frame_rate_near_the_bar),
		cmocka_unit_test(test_refused_viewer),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_latency_in_turns),
		cmocka_unit_test(test_large_server),
		cmocka_unit_test(test_memory_in_use),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_cpu_and_startup),
		cmocka_unit_test(test_fragmentation),
		cmocka_unit_test(test_fragmentation_trend),
		cmocka_unit_test(test_soak),
		cmocka_unit_test(test_late_viewers_prove_no_fault),
		cmocka_unit_test(test_stress),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_empty_run),
		cmocka_unit_test(test_stage_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
