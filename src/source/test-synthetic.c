#include "source/source.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/timerfd.h>

#include <cmocka.h>

#include "frame/pool.h"
#include "jpeg/fixture.h"
#include "jpeg/header.h"
#include "source/pacer.h"
#include "source/synthetic-font.h"
#include "source/synthetic-pattern.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define MAX_FRAME ((size_t)200000)

static struct source *new_source(enum camera_format format, uint32_t width, uint32_t height)
{
	const struct camera_spec spec = {
		.kind = CAMERA_KIND_SYNTHETIC,
		.format = format,
		.width = width,
		.height = height,
		.fps = 100,
		.quality = 90,
	};
	struct source *source;

	assert_int_equal(source_new(&spec, "front", 3, MAX_FRAME, &source), 0);
	return source;
}

/* The next frame. Fails the test after a second. */
static struct frame *next_frame(struct source *source)
{
	struct pollfd pollfd = {.fd = source_get_fd(source), .events = POLLIN};
	struct frame *frame = NULL;
	struct error err;

	assert_int_equal(poll(&pollfd, 1, 1000), 1);
	assert_int_equal(source_read(source, &frame, &err), 0);
	return frame;
}

static void start(struct source *source, enum pixel_format format)
{
	struct source_info info;
	struct error err;

	assert_int_equal(source_start(source, &info, &err), 0);
	assert_int_equal(info.format, format);
	assert_true(info.fps == 100);
}

/* A frame's luma, whatever its format: for free(). */
static uint8_t *luma_of(const struct frame *frame)
{
	size_t n = (size_t)frame->width * frame->height;
	uint8_t *luma = malloc(n);

	if (frame->format == PIXEL_FORMAT_YUYV) {
		for (uint32_t y = 0; y < frame->height; y++) {
			for (uint32_t x = 0; x < frame->width; x++) {
				luma[y * frame->width + x] =
					frame->planes[0].data[y * frame->planes[0].stride + 2 * x];
			}
		}
		return luma;
	}
	struct jpeg_decoded decoded;
	assert_true(jpeg_fixture_decode(frame->data, frame->size, &decoded));
	assert_int_equal(decoded.warnings, 0);
	assert_int_equal(decoded.width, frame->width);
	assert_int_equal(decoded.height, frame->height);
	for (size_t i = 0; i < n; i++) {
		luma[i] = decoded.samples[3 * i];
	}
	free(decoded.samples);
	return luma;
}

/* Reads a text back: each dot by the luma in its middle. */
static void read_text(const uint8_t *luma, uint32_t width, uint32_t x, uint32_t y, uint32_t scale,
	char *text, size_t n)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/";

	for (size_t i = 0; i < n; i++, x += (FONT_WIDTH + 1) * scale) {
		text[i] = ' ';
		for (const char *letter = letters; *letter; letter++) {
			const uint8_t *rows = synthetic_font_rows(*letter);
			bool is_same = true;
			for (uint32_t dy = 0; dy < FONT_HEIGHT; dy++) {
				for (uint32_t dx = 0; dx < FONT_WIDTH; dx++) {
					uint32_t row = y + dy * scale + scale / 2;
					uint8_t dot =
						luma[row * width + x + dx * scale + scale / 2];
					is_same &= (dot > 128) == (rows[dy] >> (4 - dx) & 1);
				}
			}
			text[i] = is_same ? *letter : text[i];
		}
	}
	text[n] = '\0';
}

static uint32_t ball_middle(const uint8_t *luma, uint32_t width, uint32_t row)
{
	uint32_t first = 0, last = 0;

	for (uint32_t x = 0; x < width; x++) {
		if (luma[row * width + x] > 120) {
			first = first ? first : x;
			last = x;
		}
	}
	return (first + last) / 2;
}

static void check_pictures(enum camera_format format, enum pixel_format pixels)
{
	struct source *source = new_source(format, 640, 480);
	struct synthetic_pattern layout;
	uint32_t middle = 0;

	synthetic_pattern_init(&layout, "front", 640, 480, 100);
	assert_int_equal(layout.scale, 4);
	start(source, pixels);
	for (unsigned i = 1; i <= 8; i++) {
		char text[16], wanted[16];
		struct frame *frame = next_frame(source);
		assert_int_equal(frame->format, pixels);
		assert_int_equal(frame->sequence, i);
		assert_true(frame->headroom >= FRAME_HEADROOM);
		assert_true(clock_now_ns() - frame->captured_ns < NSEC_PER_SEC);
		_cleanup_free_ uint8_t *luma = luma_of(frame);
		read_text(luma, 640, 8, layout.title_at, 4, text, 5);
		assert_string_equal(text, "FRONT");
		read_text(luma, 640, 8, layout.counter_at, 4, text, 8);
		snprintf(wanted, sizeof(wanted), "%08u", i);
		assert_string_equal(text, wanted);
		read_text(luma, 640, 640 - 12 * 24 - 4, layout.counter_at, 4, text, 12);
		assert_int_equal(text[2], ':');
		assert_int_equal(text[5], ':');
		assert_int_equal(text[8], '.');
		assert_int_equal(strspn(text, "0123456789:."), 12);
		uint32_t now = ball_middle(luma, 640, layout.ball_at + 16);
		assert_true(now > middle);
		middle = now;
		frame_unref(frame);
	}
	source_free(source);
}

static void test_draws_name_sequence_clock_and_ball(void **state)
{
	(void)state;
	check_pictures(CAMERA_FORMAT_AUTO, PIXEL_FORMAT_YUYV);
	check_pictures(CAMERA_FORMAT_YUYV, PIXEL_FORMAT_YUYV);
	check_pictures(CAMERA_FORMAT_MJPEG, PIXEL_FORMAT_MJPEG);
}

/* Whichever block of the pool a raw picture comes in, it is whole. */
static void test_raw_blocks_are_whole(void **state)
{
	(void)state;
	struct source *source = new_source(CAMERA_FORMAT_YUYV, 322, 242);
	struct synthetic_pattern pattern;
	struct frame *frames[3];
	struct error err;

	synthetic_pattern_init(&pattern, "front", 322, 242, 100);
	start(source, PIXEL_FORMAT_YUYV);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++) {
			frames[i] = next_frame(source);
			for (uint32_t y = 0; y < 242; y++) {
				uint8_t row[322 * 2];
				if (!synthetic_pattern_is_changing(&pattern, y, 1)) {
					synthetic_pattern_draw(&pattern, y, 1, row, 0);
					assert_memory_equal(frames[i]->data + y * 644, row, 644);
				}
			}
		}
		struct frame *frame = NULL;
		struct pollfd pollfd = {.fd = source_get_fd(source), .events = POLLIN};
		assert_int_equal(poll(&pollfd, 1, 1000), 1);
		assert_int_equal(source_read(source, &frame, &err), FRAME_DROP_EXHAUSTED);
		assert_null(frame);
		for (int i = 0; i < 3; i++) {
			frame_unref(frames[i]);
		}
	}
	struct frame *frame = next_frame(source);
	assert_int_equal(frame->sequence, 9); /* dropped ones count */
	source_free(source);
	frame_unref(frame); /* outlives its source */
}

static void test_draws_every_size(void **state)
{
	(void)state;
	static const uint32_t sizes[][2] = {
		{1, 1}, {2, 2}, {16, 16}, {17, 9}, {160, 120}, {321, 97}, {8192, 8}, {8, 4000}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int mjpeg = 0; mjpeg < 2; mjpeg++) {
			struct source *source =
				new_source(mjpeg ? CAMERA_FORMAT_MJPEG : CAMERA_FORMAT_YUYV,
					sizes[i][0], sizes[i][1]);
			start(source, mjpeg ? PIXEL_FORMAT_MJPEG : PIXEL_FORMAT_YUYV);
			struct frame *frame = next_frame(source);
			free(luma_of(frame));
			frame_unref(frame);
			source_free(source);
		}
	}
}

static void test_starts_again(void **state)
{
	(void)state;
	struct source *source = new_source(CAMERA_FORMAT_MJPEG, 160, 120);

	for (unsigned i = 1; i <= 3; i++) {
		start(source, PIXEL_FORMAT_MJPEG);
		struct frame *frame = next_frame(source);
		assert_int_equal(frame->sequence, i);
		frame_unref(frame);
		source_stop(source);
		source_stop(source);
	}
	source_free(source);
}

static void test_refuses_what_it_cannot_draw(void **state)
{
	(void)state;
	struct source *source = new_source(CAMERA_FORMAT_NV12, 640, 480);
	struct source_info info;
	struct error err;

	assert_int_equal(source_start(source, &info, &err), -EINVAL);
	assert_non_null(strstr(err.text, "yuyv and mjpeg"));
	source_free(source);
	source = new_source(CAMERA_FORMAT_MJPEG, 8192, 8192);
	assert_int_equal(source_start(source, &info, &err), -EINVAL);
	assert_non_null(strstr(err.text, "max_frame"));
	source_free(source);
}

static void test_paces_from_the_start_on(void **state)
{
	(void)state;
	_cleanup_close_ int fd = pacer_open(1);
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	struct itimerspec ticks;

	assert_int_equal(poll(&pollfd, 1, 500), 1); /* the first one at once */
	assert_int_equal(pacer_take(fd), 0);
	assert_int_equal(timerfd_gettime(fd, &ticks), 0);
	assert_int_equal(ticks.it_interval.tv_sec, 1);
	assert_int_equal(ticks.it_interval.tv_nsec, 0);
}

/* Of ticks that were missed there is one. A busy machine may let another one pass, but not always.
 */
static void test_paces_without_catching_up(void **state)
{
	(void)state;
	_cleanup_close_ int fd = pacer_open(20);
	int second = 0;

	for (int i = 0; i < 10 && second == 0; i++) {
		usleep(170000);
		assert_int_equal(pacer_take(fd), 0);
		second = pacer_take(fd);
	}
	assert_int_equal(second, -EAGAIN);
}

static void test_adds_up_its_memory(void **state)
{
	(void)state;
	struct camera_spec spec = {.kind = CAMERA_KIND_SYNTHETIC, .width = 640, .height = 480};

	spec.format = CAMERA_FORMAT_YUYV;
	assert_true(source_worst_bytes(&spec, 3, MAX_FRAME) >= 3 * 640 * 480 * 2);
	assert_true(source_worst_bytes(&spec, 3, MAX_FRAME) < 3 * 640 * 480 * 2 + 20000);
	spec.format = CAMERA_FORMAT_MJPEG;
	assert_true(source_worst_bytes(&spec, 3, MAX_FRAME) >= 4 * MAX_FRAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draws_name_sequence_clock_and_ball),
		cmocka_unit_test(test_raw_blocks_are_whole),
		cmocka_unit_test(test_draws_every_size),
		cmocka_unit_test(test_starts_again),
		cmocka_unit_test(test_refuses_what_it_cannot_draw),
		cmocka_unit_test(test_paces_from_the_start_on),
		cmocka_unit_test(test_paces_without_catching_up),
		cmocka_unit_test(test_adds_up_its_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
