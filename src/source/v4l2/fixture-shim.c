#include "source/v4l2/fixture-shim.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/clock.h"

static const char *folder; /* of this test's files */

static void describe_path(char *buffer, size_t size, const char *name)
{
	snprintf(buffer, size, "%s/%s", folder, name);
}

void shim_command(const char *text)
{
	char path[256];

	describe_path(path, sizeof(path), "control");
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	assert_true(fprintf(file, "%s\n", text) > 0);
	assert_int_equal(fclose(file), 0);
}

struct source *shim_make_source(const char *target, enum camera_format format, unsigned buffers)
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

struct source *shim_make_started(const char *target, enum camera_format format, unsigned buffers)
{
	struct source *source = shim_make_source(target, format, buffers);
	struct source_info info;
	struct error err = {0};
	int r = source_start(source, &info, &err);

	if (r < 0) {
		fail_msg("%s: %s", target, err.text);
	}
	return source;
}

int shim_read_next(struct source *source, struct frame **ret_frame, struct error *err)
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

struct frame *shim_take(struct source *source)
{
	struct frame *frame = NULL;
	struct error err = {0};
	int r = -EAGAIN;

	for (int tries = 0; tries < 50; tries++) {
		r = shim_read_next(source, &frame, &err);
		if (r <= 0) {
			break;
		}
	}
	if (r != 0) {
		fail_msg("%d: %s", r, err.text);
	}
	return frame;
}

void shim_check_memory(struct frame *frame)
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

void shim_check_raw(const struct frame *frame)
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

size_t shim_picture_size(unsigned n)
{
	return PICTURE_MAX - n * 1000;
}

uint8_t shim_picture_byte(unsigned n, size_t at)
{
	return (uint8_t)(at * 7 + n * 31);
}

static void write_pictures(void)
{
	for (unsigned n = 0; n < PICTURES; n++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%u.jpg", folder, n);
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		for (size_t at = 0; at < shim_picture_size(n); at++) {
			fputc(shim_picture_byte(n, at), file);
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

int shim_remove_files(void **state)
{
	char command_line[300];

	(void)state;
	unsetenv("LD_PRELOAD");
	snprintf(command_line, sizeof(command_line), "rm -r '%s'", folder);
	return system(command_line) == 0 ? 0 : -1;
}

int shim_start(char **argv)
{
	const char *library = getenv("V4L2_SHIM_LIBRARY");

	folder = getenv("TEST_FOLDER");
	if (folder) {
		return 0;
	}
	if (!library) {
		fprintf(stderr, "V4L2_SHIM_LIBRARY must name the shim\n");
		return 1;
	}
	return start_with_shim(argv, library);
}
