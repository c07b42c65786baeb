#include "client/track.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/clock.h"

#define MS    NSEC_PER_MSEC
#define BEGIN (1000 * MS)

struct fixture {
	struct track track;
	struct ages all;
	struct ages *ages[TRACK_AGES];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || ages_init(&fixture->all) < 0) {
		return -1;
	}
	fixture->ages[1] = &fixture->all;
	track_begin(&fixture->track, BEGIN);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	ages_done(&fixture->all);
	free(fixture);
	return 0;
}

static void arrive(struct fixture *fixture, uint64_t at_ms, uint64_t age_ms, uint32_t sequence)
{
	const struct track_arrival arrival = {.arrived_ns = BEGIN + at_ms * MS,
		.captured_ns = BEGIN + at_ms * MS - age_ms * MS,
		.size_bytes = 1000,
		.has_sequence = true,
		.sequence = sequence};

	track_add(&fixture->track, &arrival, fixture->ages);
}

static void settle(struct fixture *fixture, uint64_t at_ms)
{
	track_settle(&fixture->track, BEGIN + at_ms * MS, fixture->ages);
}

static void assert_near_ms(double value_ns, double wanted_ms)
{
	if (!(fabs(value_ns / 1e6 - wanted_ms) < 0.3)) {
		fail_msg("%f ms instead of %f", value_ns / 1e6, wanted_ms);
	}
}

/* Arrivals every 100 ms from 100 on, each 20 ms old: on the screen it ages from 20 to 120. */
static void test_ages(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned i = 1; i < 10; i++) {
		arrive(fixture, 100 * i, 20, i);
	}
	settle(fixture, 1000);
	assert_int_equal(fixture->track.frames, 9);
	assert_int_equal(fixture->track.bytes, 9000);
	assert_int_equal(fixture->track.gap_max_ns, 100 * MS);
	assert_int_equal(fixture->track.age_max_ns, 20 * MS);
	assert_int_equal(fixture->all.at_arrival.total, 9);
	assert_int_equal(fixture->all.on_screen.total, 1000 * MS);
	assert_int_equal(fixture->all.on_screen.max_ns, 120 * MS);
	assert_near_ms(loglinear_quantile(&fixture->all.at_arrival, 0.5), 20);
	/* 100 ms of nothing, evenly 0 to 100, and 900 ms evenly 20 to 120. */
	assert_near_ms(loglinear_quantile(&fixture->all.on_screen, 0.01), 10);
	assert_near_ms(loglinear_quantile(&fixture->all.on_screen, 0.5), 68);
	assert_near_ms(loglinear_quantile(&fixture->all.on_screen, 0.955), 115);
	assert_true(fixture->track.jitter_ns == 0);
}

static void test_age_at_a_moment(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(track_age_ns(&fixture->track, BEGIN + 5 * MS), 5 * MS);
	arrive(fixture, 100, 20, 1);
	assert_int_equal(track_age_ns(&fixture->track, BEGIN + 100 * MS), 20 * MS);
	assert_int_equal(track_age_ns(&fixture->track, BEGIN + 1100 * MS), 1020 * MS);
	fixture->track.latest.captured_ns = 0;
	assert_int_equal(track_age_ns(&fixture->track, BEGIN + 1100 * MS), 0);
}

static void test_settling_adds_nothing_twice(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned i = 0; i < 20; i++) {
		arrive(fixture, 30 * i, 5, i);
	}
	settle(fixture, 700); /* 130 ms since the last one: not yet a freeze */
	assert_int_equal(fixture->track.freezes, 0);
	settle(fixture, 1070);
	settle(fixture, 1070);
	settle(fixture, 1170);
	assert_int_equal(fixture->track.freezes, 1);
	assert_int_equal(fixture->track.frozen_ns, 600 * MS);
	arrive(fixture, 1270, 5, 20);
	settle(fixture, 1270);
	assert_int_equal(fixture->track.freezes, 1);
	assert_int_equal(fixture->track.frozen_ns, 700 * MS);
	assert_int_equal(fixture->track.gap_max_ns, 700 * MS);
	assert_int_equal(fixture->all.on_screen.total, 1270 * MS);
	assert_int_equal(fixture->all.on_screen.max_ns, 705 * MS);
	assert_int_equal(fixture->track.frames, 21);
}

/* What is on the screen when the measurement begins counts from then on, as old as it is. */
static void test_begin_keeps_the_screen(void **state)
{
	struct fixture *fixture = *state;

	arrive(fixture, 10, 5, 4);
	track_begin(&fixture->track, BEGIN + 50 * MS);
	loglinear_clear(&fixture->all.on_screen);
	assert_int_equal(fixture->track.frames, 0);
	arrive(fixture, 70, 5, 7);
	assert_int_equal(fixture->track.skipped, 2);
	assert_int_equal(fixture->track.gap_max_ns, 20 * MS);
	assert_int_equal(fixture->all.on_screen.total, 20 * MS);
	assert_int_equal(fixture->all.on_screen.max_ns, 65 * MS);
	assert_near_ms(loglinear_quantile(&fixture->all.on_screen, 0), 45);
}

/* Read behind the beginning, but there before it. */
static void test_arrivals_before_the_beginning(void **state)
{
	struct fixture *fixture = *state;

	track_begin(&fixture->track, BEGIN + 50 * MS);
	arrive(fixture, 40, 5, 1);
	assert_int_equal(fixture->track.frames, 0);
	assert_int_equal(fixture->all.at_arrival.total, 0);
	settle(fixture, 60);
	assert_int_equal(fixture->all.on_screen.total, 10 * MS);
	assert_int_equal(fixture->all.on_screen.max_ns, 25 * MS);
}

static void test_nothing_ever_arrives(void **state)
{
	struct fixture *fixture = *state;

	settle(fixture, 3000);
	assert_int_equal(fixture->track.frames, 0);
	assert_int_equal(fixture->track.gap_max_ns, 3000 * MS);
	assert_int_equal(fixture->all.on_screen.max_ns, 3000 * MS);
	assert_near_ms(loglinear_quantile(&fixture->all.on_screen, 0.5), 1500);
}

static void test_sequences(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		uint32_t sequence, skipped;
	} given[] = {{UINT32_MAX - 1, 100}, {0, 101}, {5, 105}, {5, 105}, {2, 0}, {3, 0}, {6, 1}};

	for (unsigned i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		const struct track_arrival arrival = {.arrived_ns = BEGIN + i,
			.has_sequence = true,
			.sequence = given[i].sequence,
			.skipped = given[i].skipped};
		track_add(&fixture->track, &arrival, fixture->ages);
	}
	assert_int_equal(fixture->track.skipped, 1 + 4 + 2);
	assert_int_equal(fixture->track.skipped_by_server, 1 + 4 + 1);
	assert_int_equal(fixture->track.disordered, 2);
	assert_int_equal(fixture->track.frames, 7);
}

static void test_broken_is_not_shown(void **state)
{
	struct fixture *fixture = *state;
	const struct track_arrival broken = {.arrived_ns = BEGIN + 50 * MS,
		.captured_ns = BEGIN + 49 * MS,
		.has_sequence = true,
		.sequence = 2,
		.is_broken = true};

	arrive(fixture, 0, 5, 1);
	track_add(&fixture->track, &broken, fixture->ages);
	arrive(fixture, 100, 5, 3);
	assert_int_equal(fixture->track.frames, 2);
	assert_int_equal(fixture->track.broken, 1);
	assert_int_equal(fixture->track.skipped, 0);
	assert_int_equal(fixture->track.gap_max_ns, 100 * MS);
	assert_int_equal(fixture->all.on_screen.max_ns, 105 * MS);
}

static void test_capture_times_may_be_missing_or_wrong(void **state)
{
	struct fixture *fixture = *state;
	const struct track_arrival unknown = {.arrived_ns = BEGIN + 10 * MS};
	const struct track_arrival future = {
		.arrived_ns = BEGIN + 30 * MS, .captured_ns = BEGIN + 31 * MS};

	track_add(&fixture->track, &unknown, fixture->ages);
	assert_int_equal(fixture->all.at_arrival.total, 0);
	track_add(&fixture->track, &future, fixture->ages);
	assert_int_equal(fixture->all.at_arrival.total, 1);
	assert_int_equal(fixture->all.at_arrival.max_ns, 0);
	settle(fixture, 50);
	/* 10 ms of nothing, 20 unknown, and 19 that are measured from the time of capture. */
	assert_int_equal(fixture->all.on_screen.total, 29 * MS);
}

static void test_jitter(void **state)
{
	struct fixture *fixture = *state;

	arrive(fixture, 100, 10, 1);
	arrive(fixture, 200, 26, 2);
	assert_near_ms(fixture->track.jitter_ns, 1);
	arrive(fixture, 300, 26, 3);
	assert_near_ms(fixture->track.jitter_ns, 15.0 / 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_age_at_a_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settling_adds_nothing_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_begin_keeps_the_screen, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_arrivals_before_the_beginning, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_ever_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sequences, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_is_not_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_capture_times_may_be_missing_or_wrong, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jitter, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
