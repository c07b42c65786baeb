/* The camera on a source and an encoder of the test's own, which do what each test asks of them. */
#include "camera/camera.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "camera/fixture-fake.h"
#include "util/clock.h"

struct fixture {
	struct hub *hub;
	struct hub_slot *slot;
	struct camera *camera;
	int ended_fd;
};

static const struct frames_config frames_config = {
	.buffers = 3, .max_frame = 65536, .pool_blocks = 4};

static int setup(void **state)
{
	static struct fixture fixture;
	static const struct camera_config config = {.name = "a-name-of-over-15-letters",
		.spec = {.kind = CAMERA_KIND_SYNTHETIC, .width = 640, .height = 480, .fps = 30},
		.idle_stop_ns = 200 * NSEC_PER_MSEC};
	struct error err;

	script.start_result = 0;
	script.format = PIXEL_FORMAT_MJPEG;
	script.n_outcomes = script.n_read = script.n_starts = script.n_stops = 0;
	script.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
	assert_int_equal(hub_new(&fixture.hub), 0);
	assert_int_equal(hub_add(fixture.hub, "cam0", &fixture.slot), 0);
	fixture.ended_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(camera_new(&config, &frames_config, 0, fixture.slot, fixture.ended_fd,
				 &fixture.camera, &err),
		0);
	assert_false(camera_has_ended(fixture.camera));
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	f->camera = camera_free(f->camera);
	f->hub = hub_free(f->hub);
	close(f->ended_fd);
	close(script.fd);
	assert_int_equal(atomic_load(&frames_out), 0);
	return 0;
}

static void deliver(int outcome)
{
	pthread_mutex_lock(&script.lock);
	script.outcomes[script.n_outcomes++] = outcome;
	pthread_mutex_unlock(&script.lock);
	eventfd_write(script.fd, 1);
}

static uint64_t started_ns(unsigned n)
{
	pthread_mutex_lock(&script.lock);
	uint64_t ns = script.started_ns[n];
	pthread_mutex_unlock(&script.lock);
	return ns;
}

static enum camera_state state_of(struct fixture *f)
{
	struct camera_info info;

	hub_slot_get_info(f->slot, &info);
	return info.state;
}

static void wait_for_state(struct fixture *f, enum camera_state state, unsigned limit_ms)
{
	uint64_t deadline = clock_now_ns() + limit_ms * NSEC_PER_MSEC;

	while (state_of(f) != state) {
		if (clock_now_ns() > deadline) {
			fail_msg("%s instead of %s", camera_state_name(state_of(f)),
				camera_state_name(state));
		}
		usleep(1000);
	}
}

static void wait_for_number(struct fixture *f, uint64_t number)
{
	uint64_t deadline = clock_now_ns() + NSEC_PER_SEC;

	while (hub_slot_latest_number(f->slot) != number) {
		assert_true(clock_now_ns() < deadline);
		usleep(1000);
	}
}

static uint64_t counted(const struct counter *counter)
{
	return counter_get(counter);
}

static void test_runs_while_watched(void **state)
{
	struct fixture *f = *state;
	const struct camera_counters *counters = hub_slot_counters(f->slot);

	usleep(20000);
	assert_int_equal(script.n_starts, 0);
	assert_int_equal(state_of(f), CAMERA_STATE_IDLE);

	hub_slot_watch(f->slot);
	wait_for_state(f, CAMERA_STATE_STARTING, 1000);
	deliver(0);
	wait_for_state(f, CAMERA_STATE_STREAMING, 1000);
	deliver(0);
	wait_for_number(f, 2);
	assert_int_equal(counted(&counters->captured), 2);
	assert_int_equal(counted(&counters->published), 2);
	assert_int_equal(counted(&counters->encoded), 0);

	hub_slot_unwatch(f->slot);
	wait_for_number(f, 0); /* nobody is shown an old picture */
	hub_slot_watch(f->slot);
	deliver(0);
	wait_for_number(f, 3);
	assert_int_equal(script.n_starts, 1); /* came back before idle_stop */

	hub_slot_unwatch(f->slot);
	uint64_t left = clock_now_ns();
	wait_for_state(f, CAMERA_STATE_IDLE, 1000);
	assert_true(clock_now_ns() - left >= 190 * NSEC_PER_MSEC);
	assert_int_equal(script.n_stops, 1);
}

static void test_encodes_for_viewers_only(void **state)
{
	struct fixture *f = *state;
	const struct camera_counters *counters = hub_slot_counters(f->slot);

	script.format = PIXEL_FORMAT_YUYV;
	hub_slot_watch(f->slot);
	deliver(0);
	wait_for_number(f, 1);
	assert_int_equal(counted(&counters->encoded), 1);
	hub_slot_unwatch(f->slot);
	wait_for_number(f, 0);
	deliver(0);
	uint64_t deadline = clock_now_ns() + NSEC_PER_SEC;
	while (counted(&counters->captured) < 2 && clock_now_ns() < deadline) {
		usleep(1000);
	}
	assert_int_equal(counted(&counters->captured), 2);
	assert_int_equal(counted(&counters->encoded), 1);
}

static void test_counts_drops(void **state)
{
	struct fixture *f = *state;
	const struct camera_counters *counters = hub_slot_counters(f->slot);

	hub_slot_watch(f->slot);
	deliver(FRAME_DROP_TRUNCATED);
	deliver(FRAME_DROP_ERROR_FLAG);
	deliver(FRAME_DROP_TRUNCATED);
	deliver(0);
	wait_for_number(f, 1);
	assert_int_equal(counted(&counters->captured), 4);
	assert_int_equal(counted(&counters->dropped[FRAME_DROP_TRUNCATED]), 2);
	assert_int_equal(counted(&counters->dropped[FRAME_DROP_ERROR_FLAG]), 1);
}

static void test_comes_back_after_a_loss(void **state)
{
	struct fixture *f = *state;
	struct camera_info info;

	hub_slot_watch(f->slot);
	deliver(0);
	wait_for_state(f, CAMERA_STATE_STREAMING, 1000);
	deliver(-ENODEV);
	wait_for_state(f, CAMERA_STATE_LOST, 1000);
	uint64_t lost = clock_now_ns();
	assert_int_equal(hub_slot_latest_number(f->slot), 0);
	hub_slot_get_info(f->slot, &info);
	assert_string_equal(info.error, "fake: failed");
	while (script.n_starts < 2 && clock_now_ns() - lost < NSEC_PER_SEC) {
		usleep(1000);
	}
	uint64_t waited = started_ns(1) - lost;
	assert_true(waited > 200 * NSEC_PER_MSEC && waited < 400 * NSEC_PER_MSEC);
	assert_int_equal(state_of(f), CAMERA_STATE_LOST); /* until there is a picture */
	deliver(0);
	wait_for_state(f, CAMERA_STATE_STREAMING, 1000);
	assert_int_equal(counted(&hub_slot_counters(f->slot)->reconnects), 1);
	hub_slot_get_info(f->slot, &info);
	assert_string_equal(info.error, "");
}

static void test_backs_off(void **state)
{
	struct fixture *f = *state;

	script.start_result = -ENOENT;
	hub_slot_watch(f->slot);
	wait_for_state(f, CAMERA_STATE_LOST, 1000);
	usleep(2000000);
	uint64_t first = started_ns(1) - started_ns(0), second = started_ns(2) - started_ns(1);
	assert_int_equal(script.n_starts, 4); /* after 0, 250, 750, 1750 ms */
	assert_true(first > 240 * NSEC_PER_MSEC && second > 480 * NSEC_PER_MSEC);
	hub_slot_unwatch(f->slot);
	wait_for_state(f, CAMERA_STATE_IDLE, 1000);
}

static void test_unusable_is_an_error(void **state)
{
	struct fixture *f = *state;

	script.start_result = -EACCES;
	hub_slot_watch(f->slot);
	wait_for_state(f, CAMERA_STATE_ERROR, 1000);
}

static void test_a_frozen_device_is_lost(void **state)
{
	struct fixture *f = *state;
	struct camera_info info;

	hub_slot_watch(f->slot);
	deliver(0);
	wait_for_state(f, CAMERA_STATE_STREAMING, 1000);
	uint64_t last = clock_now_ns();
	deliver(FRAME_DROP_ERROR_FLAG);
	wait_for_state(f, CAMERA_STATE_LOST, 3000);
	uint64_t waited = clock_now_ns() - last;
	assert_true(waited > 1900 * NSEC_PER_MSEC && waited < 2500 * NSEC_PER_MSEC);
	hub_slot_get_info(f->slot, &info);
	assert_non_null(strstr(info.error, "error_flag"));
}

static void test_ends_at_once(void **state)
{
	struct fixture *f = *state;

	hub_slot_watch(f->slot);
	deliver(0);
	wait_for_state(f, CAMERA_STATE_STREAMING, 1000);
	uint64_t before = clock_now_ns();
	camera_stop(f->camera);
	struct pollfd ended = {.fd = f->ended_fd, .events = POLLIN};
	assert_int_equal(poll(&ended, 1, 1000), 1);
	assert_true(clock_now_ns() - before < 100 * NSEC_PER_MSEC);
	assert_true(camera_has_ended(f->camera));
	assert_int_equal(script.n_stops, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_runs_while_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encodes_for_viewers_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts_drops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_comes_back_after_a_loss, setup, teardown),
		cmocka_unit_test_setup_teardown(test_backs_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unusable_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_frozen_device_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends_at_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
