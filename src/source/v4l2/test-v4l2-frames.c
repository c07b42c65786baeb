/* What becomes of the frames of a driver, and of their buffers. */
#include "source/source.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/v4l2/fixture-shim.h"
#include "util/clock.h"

static void test_mjpeg_is_passed_untouched(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_AUTO, 3);
	uint64_t before = 0;

	for (int i = 0; i < 5; i++) {
		struct frame *frame = shim_take(source);
		assert_int_equal(frame->format, PIXEL_FORMAT_MJPEG);
		unsigned n = (unsigned)((PICTURE_MAX - frame->size) / 1000);
		assert_int_equal(frame->size, shim_picture_size(n));
		shim_check_memory(frame);
		for (size_t at = 0; at < frame->size; at++) {
			assert_int_equal(frame->data[at], shim_picture_byte(n, at));
		}
		uint64_t now = clock_now_ns();
		assert_true(frame->captured_ns > before && frame->captured_ns <= now);
		assert_true(now - frame->captured_ns < NSEC_PER_SEC);
		before = frame->captured_ns;
		frame_unref(frame);
	}
	source_free(source);
}

static void test_sequence_counts_over_restarts(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_MJPEG, 3);
	struct source_info info;
	struct frame *frame = NULL;
	uint64_t outcomes = 0;

	for (int i = 0; i < 12; i++) {
		if (i == 4) {
			shim_command(MJPEG " fault error 2");
		}
		if (i == 8) {
			source_stop(source);
			assert_int_equal(source_start(source, &info, NULL), 0);
		}
		int r = shim_read_next(source, &frame, NULL);
		assert_true(r >= 0);
		if (r == 0) {
			assert_int_equal(frame->sequence, outcomes);
			frame_unref(frame);
		}
		outcomes++;
	}
	source_free(source);
}

/* Starts and reads with a fault on all frames. */
static void expect_drop(const char *target, const char *fault, int expected)
{
	char text[64];
	struct frame *frame = NULL;

	snprintf(text, sizeof(text), "%s fault %s", target, fault);
	shim_command(text);
	struct source *source = shim_make_started(target, CAMERA_FORMAT_AUTO, 3);
	for (int i = 0; i < 5; i++) { /* more than there are buffers: they are given back */
		int r = shim_read_next(source, &frame, NULL);
		if (r != expected) {
			fail_msg("%s %s: %d instead of %d", target, fault, r, expected);
		}
	}
	source_free(source);
	snprintf(text, sizeof(text), "%s fault none", target);
	shim_command(text);
}

static void test_damaged_frames_are_dropped(void **state)
{
	(void)state;
	expect_drop(MJPEG, "error", FRAME_DROP_ERROR_FLAG);
	expect_drop(MJPEG, "empty", FRAME_DROP_EMPTY);
	expect_drop(MJPEG, "oversize", FRAME_DROP_OVERSIZE);
	expect_drop(MJPEG, "overrun", FRAME_DROP_OVERSIZE);
	expect_drop(RAW, "error", FRAME_DROP_ERROR_FLAG);
	expect_drop(RAW, "empty", FRAME_DROP_EMPTY);
	expect_drop(RAW, "truncated", FRAME_DROP_TRUNCATED);
	expect_drop(MPLANE, "truncated", FRAME_DROP_TRUNCATED);
	expect_drop(TWO, "truncated", FRAME_DROP_TRUNCATED);
}

/* A raw frame that claims more bytes than its buffer has is taken, but bounded. */
static void test_overrun_is_bounded(void **state)
{
	(void)state;
	shim_command(RAW " fault overrun");
	struct source *source = shim_make_started(RAW, CAMERA_FORMAT_NV12, 3);
	struct frame *frame = shim_take(source);
	assert_true(frame->size <= frame->capacity);
	shim_check_raw(frame);
	frame_unref(frame);
	source_free(source);
	shim_command(RAW " fault none");
}

static void test_newest_frame_wins(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_AUTO, 4);
	struct frame *frame = NULL;
	int r, stale = 0;

	usleep(200000); /* all four buffers are filled meanwhile */
	while ((r = source_read(source, &frame, NULL)) == FRAME_DROP_STALE) {
		stale++;
	}
	assert_int_equal(r, 0);
	assert_true(stale >= 3);
	assert_int_equal(frame->sequence, stale);
	frame_unref(frame);
	source_free(source);
}

static void test_frame_outlives_stop_and_source(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;
	struct frame *early = shim_take(source);

	source_stop(source);
	source_stop(source);
	assert_int_equal(source_start(source, &info, NULL), 0);
	struct frame *late = shim_take(source);
	source_free(source);
	unsigned n = (unsigned)((PICTURE_MAX - early->size) / 1000);
	assert_int_equal(early->data[100], shim_picture_byte(n, 100));
	shim_check_memory(late);
	frame_unref(late);
	frame_unref(early);
}

/* Mappings of this process that are buffers of a fake camera, and its open descriptors. */
static void count_resources(unsigned *ret_mappings, unsigned *ret_descriptors)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	DIR *descriptors = opendir("/proc/self/fd");

	assert_non_null(maps);
	assert_non_null(descriptors);
	*ret_mappings = *ret_descriptors = 0;
	while (fgets(line, sizeof(line), maps)) {
		*ret_mappings += strstr(line, "v4l2-shim (deleted)") != NULL;
	}
	while (readdir(descriptors)) {
		(*ret_descriptors)++;
	}
	fclose(maps);
	closedir(descriptors);
}

static void test_stop_gives_all_back(void **state)
{
	unsigned mappings, descriptors, mappings_after, descriptors_after;

	(void)state;
	count_resources(&mappings, &descriptors);
	struct source *source = shim_make_started(TWO, CAMERA_FORMAT_AUTO, 3);
	struct frame *frame = shim_take(source);
	source_stop(source);
	count_resources(&mappings_after, &descriptors_after);
	assert_true(mappings_after > mappings); /* of the frame that is held */
	assert_int_equal(descriptors_after, descriptors);
	frame_unref(frame);
	count_resources(&mappings_after, &descriptors_after);
	assert_int_equal(mappings_after, mappings);
	source_free(source);
}

static void test_held_buffers_come_back(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_AUTO, 2);
	struct frame *first = shim_take(source), *second = shim_take(source), *third = NULL;

	usleep(100000);
	assert_int_equal(source_read(source, &third, NULL), -EAGAIN);
	frame_unref(first);
	third = shim_take(source);
	frame_unref(third);
	frame_unref(second);
	source_free(source);
}

/* A driver that refuses a buffer does not lose it. */
static void test_refused_buffer_is_offered_again(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_AUTO, 2);

	for (int i = 0; i < 6; i++) {
		shim_command(MJPEG " refuse qbuf EINVAL 1");
		frame_unref(shim_take(source));
	}
	source_free(source);
}

/* A buffer that the driver gives out while it is in use is not touched, and counted as such. */
static void test_repeated_buffer_is_dropped(void **state)
{
	(void)state;
	struct source *source = shim_make_started(MJPEG, CAMERA_FORMAT_AUTO, 3);
	struct frame *held = shim_take(source), *frame = NULL;
	uint64_t sequence = held->sequence;

	shim_command(MJPEG " repeat 1");
	assert_int_equal(source_read(source, &frame, NULL), FRAME_DROP_REPEATED);
	assert_int_equal(held->sequence, sequence);
	frame = shim_take(source);
	assert_ptr_not_equal(frame, held);
	frame_unref(frame);
	frame_unref(held);
	source_free(source);
}

static void *release_later(void *userdata)
{
	usleep(1000);
	frame_unref(userdata);
	return NULL;
}

static void test_release_races_with_stop(void **state)
{
	(void)state;
	struct source *source = shim_make_source(MJPEG, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;

	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		assert_int_equal(source_start(source, &info, NULL), 0);
		struct frame *frame = shim_take(source);
		assert_int_equal(pthread_create(&thread, NULL, release_later, frame), 0);
		usleep((useconds_t)(900 + 10 * i));
		source_stop(source);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	source_free(source);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mjpeg_is_passed_untouched),
		cmocka_unit_test(test_sequence_counts_over_restarts),
		cmocka_unit_test(test_damaged_frames_are_dropped),
		cmocka_unit_test(test_overrun_is_bounded),
		cmocka_unit_test(test_newest_frame_wins),
		cmocka_unit_test(test_frame_outlives_stop_and_source),
		cmocka_unit_test(test_stop_gives_all_back),
		cmocka_unit_test(test_held_buffers_come_back),
		cmocka_unit_test(test_refused_buffer_is_offered_again),
		cmocka_unit_test(test_repeated_buffer_is_dropped),
		cmocka_unit_test(test_release_races_with_stop),
	};

	(void)argc;
	return shim_run_tests("v4l2-frames", argv, tests);
}
