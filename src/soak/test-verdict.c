/* Verdicts on hours of samples that are made up. */
#include "soak/verdict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"

/* Where a flush costs nothing: a run is some hundred samples, each of which is flushed. */
#define FOLDER     "/dev/shm"
#define INTERVAL_S 10
#define MIB        1048576.0

static char path[] = FOLDER "/test-verdict-XXXXXX";
static struct soak_sample sample;
static int fd = -1;

/* A server with two cameras that does nothing wrong. */
static int begin(void **state)
{
	(void)state;
	int made = mkstemp(path);
	if (made < 0) {
		return -1;
	}
	close(made);
	fd = samples_open(path, NULL);
	sample = (struct soak_sample){.boot_ns = 1000000000,
		.real_ns = 1700000000000000000,
		.boot_id = "first",
		.server_pid = 100,
		.server_start_ticks = 5};
	for (int i = 0; i < SOAK_FIGURE_COUNT; i++) {
		sample.figures[i] = soak_figures[i].is_judged ? 4 * MIB : 0;
	}
	sample.figures[SOAK_FIGURE_DESCRIPTORS] = 40;
	sample.figures[SOAK_FIGURE_THREADS] = 3;
	sample.figures[SOAK_FIGURE_AVAILABLE] = 1024 * MIB;
	sample.figures[SOAK_FIGURE_USED_PERCENT] = 50;
	sample.figures[SOAK_FIGURE_FPS_MIN] = 30;
	sample.figures[SOAK_FIGURE_MACHINE_CPU] = 20;
	sample.figures[SOAK_FIGURE_CMA_USED] = NAN;
	return fd < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	close(fd);
	unlink(path);
	snprintf(path, sizeof(path), FOLDER "/test-verdict-XXXXXX");
	return 0;
}

/* Appends samples of so many hours; figure grows by so much an hour. */
static void run(double hours, enum soak_figure figure, double growth_per_hour)
{
	for (unsigned i = 0; i < hours * 3600 / INTERVAL_S; i++) {
		assert_int_equal(samples_append(fd, &sample), 0);
		sample.boot_ns += INTERVAL_S * UINT64_C(1000000000);
		sample.real_ns += INTERVAL_S * UINT64_C(1000000000);
		sample.figures[figure] += growth_per_hour * INTERVAL_S / 3600;
	}
}

static void judge(struct soak_verdict *ret_verdict)
{
	const struct soak_judging judging = {.fps_bar = 28.5};
	struct samples samples;

	assert_int_equal(samples_map(path, &samples, NULL), 0);
	assert_int_equal(soak_judge(&samples, &judging, ret_verdict), 0);
	samples_unmap(&samples);
}

static void check_bar(const struct soak_verdict *verdict, enum soak_bar bar, double value,
	enum soak_bar_state state)
{
	assert_int_equal(verdict->bars[bar].state, state);
	assert_true(fabs(verdict->bars[bar].value - value) < 1e-6);
}

static void test_level(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	run(1.01, SOAK_FIGURE_COUNT - 1, 0);
	judge(&verdict);
	assert_int_equal(verdict.leak, LEAK_VERDICT_NO_LEAK);
	assert_true(soak_verdict_is_good(&verdict));
	assert_int_equal(verdict.n_segments, 1);
	assert_int_equal(verdict.n_trends, 7); /* there is no CMA */
	check_bar(&verdict, SOAK_BAR_RESTARTS, 0, SOAK_BAR_STATE_MET);
	check_bar(&verdict, SOAK_BAR_FPS, 30, SOAK_BAR_STATE_MET);
	check_bar(&verdict, SOAK_BAR_CPU_PERCENT, 20, SOAK_BAR_STATE_MET);
}

/* Each figure that leaks is named, and no other. */
static void test_names_what_leaks(void **state)
{
	static const struct {
		enum soak_figure figure;
		double per_hour;
	} leaks[] = {
		{SOAK_FIGURE_ANONYMOUS, 100 << 10},
		{SOAK_FIGURE_HEAP, 100 << 10},
		{SOAK_FIGURE_SERVICE_SOCKET, 100 << 10},
		{SOAK_FIGURE_SERVICE_KERNEL, 100 << 10},
		{SOAK_FIGURE_UNACCOUNTED, 100 << 10},
		{SOAK_FIGURE_DESCRIPTORS, 10},
		{SOAK_FIGURE_THREADS, 10},
	};
	struct soak_verdict verdict;

	for (size_t i = 0; i < sizeof(leaks) / sizeof(leaks[0]); i++) {
		end(state);
		assert_int_equal(begin(state), 0);
		run(1.01, leaks[i].figure, leaks[i].per_hour);
		judge(&verdict);
		assert_int_equal(verdict.leak, LEAK_VERDICT_LEAK);
		assert_false(soak_verdict_is_good(&verdict));
		const struct soak_trend *worst = soak_verdict_worst(&verdict);
		assert_int_equal(worst->figure, leaks[i].figure);
		assert_true(fabs(worst->leak.slope_per_hour / leaks[i].per_hour - 1) < 0.05);
		for (size_t j = 0; j < verdict.n_trends; j++) {
			assert_true(&verdict.trends[j] == worst ||
				    verdict.trends[j].leak.verdict == LEAK_VERDICT_NO_LEAK);
		}
	}
}

/* What the heap keeps free is in the memory of the process. */
static void test_fragments_are_no_leak(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	for (unsigned i = 0; i < 1.01 * 3600 / INTERVAL_S; i++) {
		run(INTERVAL_S / 3600.0, SOAK_FIGURE_ANONYMOUS, 200 << 10);
		sample.figures[SOAK_FIGURE_HEAP_FREE] += 199.0 * 1024 * INTERVAL_S / 3600;
	}
	judge(&verdict);
	assert_int_equal(verdict.leak, LEAK_VERDICT_STEPPED);
	assert_int_equal(soak_verdict_worst(&verdict)->figure, SOAK_FIGURE_ANONYMOUS);
	assert_true(soak_verdict_worst(&verdict)->is_fragmented);
	assert_false(soak_verdict_is_good(&verdict));
}

/* Some of what leaks is free: it leaks all the same. */
static void test_leak_with_fragments(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	for (unsigned i = 0; i < 1.01 * 3600 / INTERVAL_S; i++) {
		run(INTERVAL_S / 3600.0, SOAK_FIGURE_ANONYMOUS, 200 << 10);
		sample.figures[SOAK_FIGURE_HEAP_FREE] += 100.0 * 1024 * INTERVAL_S / 3600;
	}
	judge(&verdict);
	assert_int_equal(verdict.leak, LEAK_VERDICT_LEAK);
	assert_false(soak_verdict_worst(&verdict)->is_fragmented);
}

/* What is free comes and goes by far more than what leaks. */
static void test_leak_of_the_heap(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	for (unsigned i = 0; i < 1.01 * 3600 / INTERVAL_S; i++) {
		run(INTERVAL_S / 3600.0, SOAK_FIGURE_ANONYMOUS, 100 << 10);
		sample.figures[SOAK_FIGURE_HEAP] += 100.0 * 1024 * INTERVAL_S / 3600;
		sample.figures[SOAK_FIGURE_HEAP_FREE] = i / 12 % 2 ? 3 * MIB : 1 * MIB;
	}
	judge(&verdict);
	assert_int_equal(verdict.trends[0].figure, SOAK_FIGURE_ANONYMOUS);
	assert_int_equal(verdict.trends[0].leak.verdict, LEAK_VERDICT_LEAK);
	assert_false(verdict.trends[0].is_fragmented);
}

static void test_memory_gets_fragmented(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	sample.figures[SOAK_FIGURE_FRAGMENTATION] = 0.1;
	run(1.01, SOAK_FIGURE_FRAGMENTATION, 0.001);
	judge(&verdict);
	assert_int_equal(verdict.bars[SOAK_BAR_FRAGMENTED].state, SOAK_BAR_STATE_MET);
	assert_true(soak_verdict_is_good(&verdict));
	sample.server_pid++;
	run(1.02, SOAK_FIGURE_FRAGMENTATION, 0.02);
	judge(&verdict);
	assert_int_equal(verdict.bars[SOAK_BAR_FRAGMENTED].state, SOAK_BAR_STATE_MISSED);
	assert_true(fabs(verdict.bars[SOAK_BAR_FRAGMENTED].value - 0.48) < 0.01);
	assert_int_equal(verdict.leak, LEAK_VERDICT_NO_LEAK);
	assert_false(soak_verdict_is_good(&verdict));
}

static void test_time_until_memory_is_exhausted(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	run(1.01, SOAK_FIGURE_HEAP, 1 * MIB);
	judge(&verdict);
	/* 1 GiB at 1 MiB an hour */
	assert_true(fabs(soak_verdict_worst(&verdict)->exhausted_s / 3600 - 1024) < 60);
}

static void test_too_short(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	run(0.2, SOAK_FIGURE_HEAP, 100 << 10);
	judge(&verdict);
	assert_int_equal(verdict.leak, LEAK_VERDICT_UNDECIDED);
	assert_true(verdict.needed_s > 600);
	assert_false(soak_verdict_is_good(&verdict));
}

static void test_no_samples(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	judge(&verdict);
	assert_int_equal(verdict.n_samples, 0);
	assert_int_equal(verdict.leak, LEAK_VERDICT_UNDECIDED);
	for (int i = 0; i < SOAK_BAR_COUNT; i++) {
		assert_int_equal(verdict.bars[i].state, SOAK_BAR_STATE_UNKNOWN);
	}
}

/* Two runs of an hour, the second 5 MiB larger: neither of them leaks. */
static void test_restart_begins_a_segment(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	run(1.01, SOAK_FIGURE_HEAP, 0);
	sample.server_pid = 200;
	sample.figures[SOAK_FIGURE_HEAP] += 5 * MIB;
	run(1.02, SOAK_FIGURE_HEAP, 0);
	judge(&verdict);
	assert_int_equal(verdict.n_segments, 2);
	assert_int_equal(verdict.leak, LEAK_VERDICT_NO_LEAK);
	check_bar(&verdict, SOAK_BAR_RESTARTS, 1, SOAK_BAR_STATE_MISSED);
	assert_false(soak_verdict_is_good(&verdict));
	assert_true(fabs(verdict.measured_s / 3600 - 2.03) < 0.01);
}

/* The machine was restarted: the clock begins anew. */
static void test_reboot_begins_a_segment(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	run(1.01, SOAK_FIGURE_HEAP, 0);
	snprintf(sample.boot_id, sizeof(sample.boot_id), "second");
	sample.boot_ns = 50;
	run(0.5, SOAK_FIGURE_HEAP, 0);
	judge(&verdict);
	assert_int_equal(verdict.n_segments, 2);
	assert_int_equal(verdict.leak, LEAK_VERDICT_UNDECIDED);
}

static void test_no_answer_does_not_end_a_run(void **state)
{
	(void)state;
	struct soak_verdict verdict;
	struct soak_sample silent;

	run(0.5, SOAK_FIGURE_HEAP, 0);
	silent = sample;
	silent.server_pid = 0;
	assert_int_equal(samples_append(fd, &silent), 0);
	run(0.55, SOAK_FIGURE_HEAP, 0);
	judge(&verdict);
	assert_int_equal(verdict.n_segments, 1);
	assert_int_equal(verdict.leak, LEAK_VERDICT_NO_LEAK);
}

static void test_bars(void **state)
{
	(void)state;
	struct soak_verdict verdict;

	sample.figures[SOAK_FIGURE_FPS_MIN] = 2; /* in the first one, cameras are starting */
	run(0.002, SOAK_FIGURE_HEAP, 0);
	sample.figures[SOAK_FIGURE_FPS_MIN] = 20;
	sample.figures[SOAK_FIGURE_VIEWERS_LOST] = 1;
	sample.figures[SOAK_FIGURE_USED_PERCENT] = 76;
	sample.figures[SOAK_FIGURE_MACHINE_CPU] = 100;
	sample.figures[SOAK_FIGURE_OOM_KILLS] = 2;
	sample.figures[SOAK_FIGURE_PSI_FULL] = 11;
	sample.figures[SOAK_FIGURE_BROKEN] = 1;
	run(0.01, SOAK_FIGURE_HEAP, 0);
	judge(&verdict);
	check_bar(&verdict, SOAK_BAR_FPS, 20, SOAK_BAR_STATE_MISSED);
	check_bar(&verdict, SOAK_BAR_VIEWERS_LOST, 4, SOAK_BAR_STATE_MISSED);
	check_bar(&verdict, SOAK_BAR_USED_PERCENT, 76, SOAK_BAR_STATE_MISSED);
	check_bar(&verdict, SOAK_BAR_OOM_KILLS, 8, SOAK_BAR_STATE_MISSED);
	assert_int_equal(verdict.bars[SOAK_BAR_CPU_PERCENT].state, SOAK_BAR_STATE_MISSED);
	check_bar(&verdict, SOAK_BAR_PSI_PERCENT, 11, SOAK_BAR_STATE_MISSED);
	check_bar(&verdict, SOAK_BAR_BROKEN, 4, SOAK_BAR_STATE_MISSED);
	assert_int_equal(verdict.bars[SOAK_BAR_FRAGMENTED].state, SOAK_BAR_STATE_UNKNOWN);
}

#define VERDICT_TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VERDICT_TEST(test_level),
		VERDICT_TEST(test_names_what_leaks),
		VERDICT_TEST(test_fragments_are_no_leak),
		VERDICT_TEST(test_leak_with_fragments),
		VERDICT_TEST(test_leak_of_the_heap),
		VERDICT_TEST(test_memory_gets_fragmented),
		VERDICT_TEST(test_time_until_memory_is_exhausted),
		VERDICT_TEST(test_too_short),
		VERDICT_TEST(test_no_samples),
		VERDICT_TEST(test_restart_begins_a_segment),
		VERDICT_TEST(test_reboot_begins_a_segment),
		VERDICT_TEST(test_no_answer_does_not_end_a_run),
		VERDICT_TEST(test_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
