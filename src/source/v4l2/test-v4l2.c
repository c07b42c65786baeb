/*
 * The V4L2 source against fake cameras. Starts itself again with the shim preloaded, once it has
 * made the pictures and described the cameras; V4L2_SHIM_LIBRARY says where the shim is.
 */
#include "source/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "source/v4l2/devices.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define WIDTH       320
#define HEIGHT      240
#define MAX_FRAME   20000
#define PICTURE_MAX 12000
#define PICTURES    3

#define MJPEG    "/dev/video90"
#define RAW      "/dev/video91" /* every raw format, padded rows */
#define MPLANE   "/dev/video92" /* the same with the multiplanar API, in one memory plane */
#define TWO      "/dev/video93" /* NV12M, NV16M: two memory planes */
#define METADATA "/dev/video94"
#define GREY     "/dev/video95"
#define OTHER    "/dev/video96"

static const char *folder; /* of this test's files */

static void describe_path(char *buffer, size_t size, const char *name)
{
	snprintf(buffer, size, "%s/%s", folder, name);
}

/* A command to the fake cameras; obeyed with the next call. */
static void command(const char *text)
{
	char path[256];

	describe_path(path, sizeof(path), "control");
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fprintf(file, "%s\n", text) > 0);
	assert_int_equal(fclose(file), 0);
}

static struct source *make(const char *target, enum camera_format format, unsigned buffers)
{
	struct camera_spec spec = {
		.kind = CAMERA_KIND_V4L2,
		.format = format,
		.width = WIDTH,
		.height = HEIGHT,
		.fps = 60,
		.quality = 80,
	};
	struct source *source;

	snprintf(spec.target, sizeof(spec.target), "%s", target);
	assert_int_equal(source_new(&spec, "test", buffers, MAX_FRAME, &source), 0);
	return source;
}

static struct source *make_started(const char *target, enum camera_format format, unsigned buffers)
{
	struct source *source = make(target, format, buffers);
	struct source_info info;
	struct error err = {0};
	int r = source_start(source, &info, &err);

	if (r < 0) {
		fail_msg("%s: %s", target, err.text);
	}
	return source;
}

/* The next outcome other than -EAGAIN, within two seconds. */
static int read_next(struct source *source, struct frame **ret_frame, struct error *err)
{
	uint64_t end = clock_now_ns() + 2 * NSEC_PER_SEC;
	int r;

	do {
		struct pollfd pollfd = {.fd = source_get_fd(source), .events = POLLIN};
		assert_true(poll(&pollfd, 1, 100) >= 0);
		r = source_read(source, ret_frame, err);
	} while (r == -EAGAIN && clock_now_ns() < end);
	return r;
}

/* The next good frame. */
static struct frame *take(struct source *source)
{
	struct frame *frame = NULL;
	struct error err = {0};
	int r = -EAGAIN;

	for (int tries = 0; tries < 50; tries++) {
		r = read_next(source, &frame, &err);
		if (r <= 0) {
			break;
		}
	}
	if (r != 0) {
		fail_msg("%d: %s", r, err.text);
	}
	return frame;
}

static void expect_start_error(
	const char *target, enum camera_format format, int expected, const char *words)
{
	struct source *source = make(target, format, 3);
	struct source_info info;
	struct error err = {0};
	int r = source_start(source, &info, &err);

	assert_int_equal(r, expected);
	if (!strstr(err.text, words) || !strstr(err.text, target)) {
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, words, target);
	}
	source_free(source);
}

static void check_memory(struct frame *frame)
{
	assert_true(frame->headroom >= FRAME_HEADROOM);
	assert_true(frame->capacity >= frame->size);
	memset(frame->data - frame->headroom, 0xa5, frame->headroom);
	uint8_t last = frame->data[frame->capacity - 1];
	frame->data[frame->capacity - 1] = last;
}

/* A gradient: the next pixel is one brighter. pitch: bytes from one pixel's luma to the next. */
static void check_luma(const struct frame *frame, unsigned first, unsigned pitch)
{
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint8_t *row = frame->planes[0].data + (size_t)y * frame->planes[0].stride;
		for (uint32_t x = 1; x < frame->width; x++) {
			uint8_t here = row[first + x * pitch];
			uint8_t before = row[first + (x - 1) * pitch];
			assert_int_equal((uint8_t)(before + 1), here);
		}
	}
}

/* Each row has one value, and the next row the next. */
static void check_chroma(const struct frame *frame, uint32_t rows)
{
	const struct frame_plane *plane = &frame->planes[1];

	for (uint32_t y = 0; y < rows; y++) {
		const uint8_t *row = plane->data + (size_t)y * plane->stride;
		for (uint32_t x = 0; x < frame->width; x++) {
			assert_int_equal(row[x], (uint8_t)(plane->data[0] + y));
		}
	}
}

static void check_raw(const struct frame *frame)
{
	switch (frame->format) {
	case PIXEL_FORMAT_YUYV:
		check_luma(frame, 0, 2);
		break;
	case PIXEL_FORMAT_UYVY:
		check_luma(frame, 1, 2);
		break;
	case PIXEL_FORMAT_NV12:
		check_luma(frame, 0, 1);
		check_chroma(frame, frame->height / 2);
		break;
	case PIXEL_FORMAT_NV16:
		check_luma(frame, 0, 1);
		check_chroma(frame, frame->height);
		break;
	default:
		fail_msg("%s is not raw", pixel_format_name(frame->format));
	}
}

static void check_raw_camera(
	const char *target, enum camera_format format, enum pixel_format expected)
{
	struct source *source = make(target, format, 3);
	struct source_info info = {0};
	struct error err = {0};

	if (source_start(source, &info, &err) < 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(info.format, expected);
	assert_int_equal(info.width, WIDTH);
	assert_int_equal(info.height, HEIGHT);
	assert_true(info.fps > 59 && info.fps < 61);
	for (int i = 0; i < 4; i++) {
		struct frame *frame = take(source);
		assert_int_equal(frame->format, expected);
		assert_int_equal(frame->width, WIDTH);
		assert_int_equal(frame->height, HEIGHT);
		assert_true(frame->planes[0].stride > WIDTH); /* padded, or packed */
		check_memory(frame);
		check_raw(frame);
		frame_unref(frame);
	}
	source_free(source);
}

static void test_raw_formats(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *target = i == 0 ? RAW : MPLANE;
		check_raw_camera(target, CAMERA_FORMAT_AUTO, PIXEL_FORMAT_YUYV);
		check_raw_camera(target, CAMERA_FORMAT_YUYV, PIXEL_FORMAT_YUYV);
		check_raw_camera(target, CAMERA_FORMAT_UYVY, PIXEL_FORMAT_UYVY);
		check_raw_camera(target, CAMERA_FORMAT_NV12, PIXEL_FORMAT_NV12);
		check_raw_camera(target, CAMERA_FORMAT_NV16, PIXEL_FORMAT_NV16);
	}
	check_raw_camera(TWO, CAMERA_FORMAT_AUTO, PIXEL_FORMAT_NV12);
	check_raw_camera(TWO, CAMERA_FORMAT_NV16, PIXEL_FORMAT_NV16);
}

/* As main() wrote them: size and bytes follow from the number. */
static size_t picture_size(unsigned n)
{
	return PICTURE_MAX - n * 1000;
}

static uint8_t picture_byte(unsigned n, size_t at)
{
	return (uint8_t)(at * 7 + n * 31);
}

static void test_mjpeg_is_passed_untouched(void **state)
{
	(void)state;
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_AUTO, 3);
	uint64_t before = 0;

	for (int i = 0; i < 5; i++) {
		struct frame *frame = take(source);
		assert_int_equal(frame->format, PIXEL_FORMAT_MJPEG);
		unsigned n = (unsigned)((PICTURE_MAX - frame->size) / 1000);
		assert_int_equal(frame->size, picture_size(n));
		check_memory(frame);
		for (size_t at = 0; at < frame->size; at++) {
			assert_int_equal(frame->data[at], picture_byte(n, at));
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
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_MJPEG, 3);
	struct source_info info;
	struct frame *frame = NULL;
	uint64_t outcomes = 0;

	for (int i = 0; i < 12; i++) {
		if (i == 4) {
			command(MJPEG " fault error 2");
		}
		if (i == 8) {
			source_stop(source);
			assert_int_equal(source_start(source, &info, NULL), 0);
		}
		int r = read_next(source, &frame, NULL);
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
	command(text);
	struct source *source = make_started(target, CAMERA_FORMAT_AUTO, 3);
	for (int i = 0; i < 5; i++) { /* more than there are buffers: they are given back */
		int r = read_next(source, &frame, NULL);
		if (r != expected) {
			fail_msg("%s %s: %d instead of %d", target, fault, r, expected);
		}
	}
	source_free(source);
	snprintf(text, sizeof(text), "%s fault none", target);
	command(text);
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
	command(RAW " fault overrun");
	struct source *source = make_started(RAW, CAMERA_FORMAT_NV12, 3);
	struct frame *frame = take(source);
	assert_true(frame->size <= frame->capacity);
	check_raw(frame);
	frame_unref(frame);
	source_free(source);
	command(RAW " fault none");
}

static void test_newest_frame_wins(void **state)
{
	(void)state;
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_AUTO, 4);
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
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;
	struct frame *early = take(source);

	source_stop(source);
	source_stop(source);
	assert_int_equal(source_start(source, &info, NULL), 0);
	struct frame *late = take(source);
	source_free(source);
	unsigned n = (unsigned)((PICTURE_MAX - early->size) / 1000);
	assert_int_equal(early->data[100], picture_byte(n, 100));
	check_memory(late);
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
	struct source *source = make_started(TWO, CAMERA_FORMAT_AUTO, 3);
	struct frame *frame = take(source);
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
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_AUTO, 2);
	struct frame *first = take(source), *second = take(source), *third = NULL;

	usleep(100000);
	assert_int_equal(source_read(source, &third, NULL), -EAGAIN);
	frame_unref(first);
	third = take(source);
	frame_unref(third);
	frame_unref(second);
	source_free(source);
}

/* A driver that refuses a buffer does not lose it. */
static void test_refused_buffer_is_offered_again(void **state)
{
	(void)state;
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_AUTO, 2);

	for (int i = 0; i < 6; i++) {
		command(MJPEG " refuse qbuf EINVAL 1");
		frame_unref(take(source));
	}
	source_free(source);
}

/* A buffer that the driver gives out while it is in use is not touched, and counted as such. */
static void test_repeated_buffer_is_dropped(void **state)
{
	(void)state;
	struct source *source = make_started(MJPEG, CAMERA_FORMAT_AUTO, 3);
	struct frame *held = take(source), *frame = NULL;
	uint64_t sequence = held->sequence;

	command(MJPEG " repeat 1");
	assert_int_equal(source_read(source, &frame, NULL), FRAME_DROP_REPEATED);
	assert_int_equal(held->sequence, sequence);
	frame = take(source);
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
	struct source *source = make(MJPEG, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;

	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		assert_int_equal(source_start(source, &info, NULL), 0);
		struct frame *frame = take(source);
		assert_int_equal(pthread_create(&thread, NULL, release_later, frame), 0);
		usleep((useconds_t)(900 + 10 * i));
		source_stop(source);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
	source_free(source);
}

static int read_until_error(struct source *source, struct error *err)
{
	struct frame *frame = NULL;
	int r;

	do {
		r = read_next(source, &frame, err);
		if (r == 0) {
			frame = frame_unref(frame);
		}
	} while (r >= 0);
	return r;
}

static void test_device_is_found_again(void **state)
{
	(void)state;
	struct source *source = make_started(OTHER, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;
	struct error err = {0};
	struct frame *held = take(source);

	command(OTHER " disconnect");
	assert_int_equal(read_until_error(source, &err), -ENODEV);
	assert_non_null(strstr(err.text, "is gone"));
	source_stop(source);
	assert_int_equal(source_start(source, &info, &err), -ENOENT);
	frame_unref(held);
	command(OTHER " reconnect /dev/video99");
	assert_int_equal(source_start(source, &info, &err), 0);
	frame_unref(take(source));
	command(OTHER " disconnect");
	assert_int_equal(read_until_error(source, &err), -ENODEV);
	source_stop(source);
	command(OTHER " reconnect " OTHER);
	assert_int_equal(source_start(source, &info, &err), 0);
	frame_unref(take(source));
	source_free(source);
}

/* The node now belongs to another camera, and the own one is not there. */
static void test_other_device_is_not_taken(void **state)
{
	(void)state;
	struct source *source = make_started(OTHER, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;
	struct error err = {0};

	source_stop(source);
	command(OTHER " disconnect");
	command(RAW " disconnect");
	command(RAW " reconnect " OTHER);
	int r = source_start(source, &info, &err);
	assert_int_equal(r, -ENODEV);
	assert_non_null(strstr(err.text, "waiting for Other"));
	command(RAW " disconnect");
	command(RAW " reconnect " RAW);
	command(OTHER " reconnect " OTHER);
	assert_int_equal(source_start(source, &info, &err), 0);
	source_free(source);
}

static void test_errors_say_what_to_do(void **state)
{
	(void)state;
	expect_start_error("/dev/video77", CAMERA_FORMAT_AUTO, -ENOENT, "twinlens cameras");
	expect_start_error(METADATA, CAMERA_FORMAT_AUTO, -EMEDIUMTYPE, "metadata");
	expect_start_error("/dev/null", CAMERA_FORMAT_AUTO, -EMEDIUMTYPE, "not a V4L2 device");
	expect_start_error(MJPEG, CAMERA_FORMAT_NV12, -ENOTSUP, "only: MJPG");
	expect_start_error(GREY, CAMERA_FORMAT_AUTO, -ENOTSUP, "GREY");
	command(RAW " refuse open EBUSY 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EBUSY, "held by");
	command(RAW " refuse s_fmt EBUSY 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EBUSY, "held by");
	command(RAW " refuse open EACCES 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EACCES, "permission denied");
	command(RAW " refuse streamon ENOSPC 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -ENOSPC, "format=mjpeg");
	command(RAW " refuse streamon EINVAL 1"); /* not final */
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EIO, "starting the stream");
	command(RAW " refuse reqbufs ENOMEM 2");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -ENOMEM, "buffers");
	command(RAW " refuse reqbufs ENOMEM 1"); /* a cached one refused, the other granted */
	source_free(make_started(RAW, CAMERA_FORMAT_AUTO, 3));
}

static void test_second_opener_is_told(void **state)
{
	(void)state;
	struct source *source = make_started(RAW, CAMERA_FORMAT_AUTO, 3);

	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EBUSY, "another camera");
	frame_unref(take(source));
	source_free(source);
}

static void test_fatal_error_of_the_stream(void **state)
{
	(void)state;
	struct source *source = make_started(RAW, CAMERA_FORMAT_AUTO, 3);
	struct error err = {0};

	command(RAW " refuse dqbuf EIO 1");
	assert_int_equal(read_until_error(source, &err), -EIO);
	assert_non_null(strstr(err.text, RAW));
	source_free(source);
}

static const struct device *find_device(const struct device_list *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->devices[i].path, path) == 0) {
			return &list->devices[i];
		}
	}
	fail_msg("%s is not listed", path);
	return NULL;
}

static void test_devices_are_listed(void **state)
{
	struct device_list list;

	(void)state;
	assert_int_equal(device_list_init(&sysroot_real, &list), 0);
	assert_int_equal(list.n, 7);
	const struct device *raw = find_device(&list, RAW);
	assert_true(raw->is_usable && raw->is_open && !raw->is_multiplanar);
	assert_string_equal(raw->name, "Fake Camera 1");
	assert_string_equal(raw->bus_info, "usb-shim-1");
	assert_string_equal(raw->problem, "");
	assert_int_equal(raw->n_formats, 4);
	assert_string_equal(raw->formats[2].name, "NV12");
	assert_true(raw->formats[2].is_supported);
	assert_int_equal(raw->formats[2].n_sizes, 2);
	assert_int_equal(raw->formats[2].sizes[1].width, 320);
	assert_int_equal(raw->formats[2].sizes[1].n_rates, 2);
	assert_true(raw->formats[2].sizes[1].rates[0] == 60);
	assert_true(find_device(&list, TWO)->is_multiplanar);
	const struct device *metadata = find_device(&list, METADATA);
	assert_true(!metadata->is_usable && metadata->kind == V4L2_NODE_METADATA);
	assert_string_equal(metadata->problem, "a metadata node, without pictures");
	const struct device *grey = find_device(&list, GREY);
	assert_false(grey->is_usable);
	assert_string_equal(grey->problem, "offers none of MJPG, YUYV, UYVY, NV12, NV16");
	device_list_done(&list);
}

/* In the order of their numbers, without those that cannot be used. */
static void test_first_usable_devices(void **state)
{
	char paths[8][DEVICE_PATH_MAX];

	(void)state;
	command(RAW " refuse open EACCES 1");
	assert_int_equal(source_devices_first_usable(&sysroot_real, 2, paths), 2);
	assert_string_equal(paths[0], MJPEG);
	assert_string_equal(paths[1], MPLANE);
	assert_int_equal(source_devices_first_usable(&sysroot_real, 8, paths), 5);
	/* Two nodes of one device: another device comes before the second of them. */
	assert_string_equal(paths[0], MJPEG);
	assert_string_equal(paths[1], RAW);
	assert_string_equal(paths[2], MPLANE);
	assert_string_equal(paths[3], OTHER);
	assert_string_equal(paths[4], TWO);
}

static void write_pictures(void)
{
	for (unsigned n = 0; n < PICTURES; n++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%u.jpg", folder, n);
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		for (size_t at = 0; at < picture_size(n); at++) {
			fputc(picture_byte(n, at), file);
		}
		assert_int_equal(fclose(file), 0);
	}
}

static void set_path(const char *variable, const char *name)
{
	char path[256];

	describe_path(path, sizeof(path), name);
	setenv(variable, path, 1);
}

/* Makes the files, describes the cameras, and starts this program again with the shim. */
static int start_with_shim(char **argv, const char *library)
{
	char template[] = "/tmp/test-v4l2-XXXXXX", devices[2048], sysfs[256];

	folder = mkdtemp(template);
	assert_non_null(folder);
	write_pictures();
	describe_path(sysfs, sizeof(sysfs), "class");
	assert_int_equal(mkdir(sysfs, 0755), 0);
	snprintf(devices, sizeof(devices),
		MJPEG "=mjpeg:%s,size=320x240,fps=60;" RAW
		      "=yuyv,uyvy,nv12,nv16,padding=64,size=640x480+320x240,fps=60;" MPLANE
		      "=nv16,nv12,uyvy,yuyv,mplane,padding=32,offset=128,size=320x240,fps=60;" TWO
		      "=nv12m,nv16m,mplane,bus=usb-shim-2,index=1,padding=32,offset=128,size="
		      "320x240,fps=60;" METADATA "=role=metadata;" GREY "=grey;" OTHER
		      "=yuyv,size=320x240,fps=60,card=Other",
		folder);
	setenv("V4L2_SHIM", devices, 1);
	setenv("TEST_FOLDER", folder, 1);
	set_path("V4L2_SHIM_SYSFS", "class");
	set_path("V4L2_SHIM_CONTROL", "control");
	setenv("LD_PRELOAD", library, 1);
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	execv("/proc/self/exe", argv);
	return 1;
}

static int remove_files(void **state)
{
	char command_line[300];

	(void)state;
	unsetenv("LD_PRELOAD");
	snprintf(command_line, sizeof(command_line), "rm -r '%s'", folder);
	return system(command_line) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	const char *library = getenv("V4L2_SHIM_LIBRARY");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_formats),
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
		cmocka_unit_test(test_device_is_found_again),
		cmocka_unit_test(test_other_device_is_not_taken),
		cmocka_unit_test(test_errors_say_what_to_do),
		cmocka_unit_test(test_second_opener_is_told),
		cmocka_unit_test(test_fatal_error_of_the_stream),
		cmocka_unit_test(test_devices_are_listed),
		cmocka_unit_test(test_first_usable_devices),
	};

	(void)argc;
	folder = getenv("TEST_FOLDER");
	if (!folder) {
		if (!library) {
			fprintf(stderr, "V4L2_SHIM_LIBRARY must name the shim\n");
			return 1;
		}
		return start_with_shim(argv, library);
	}
	return cmocka_run_group_tests_name("v4l2", tests, NULL, remove_files);
}
