#include "source/v4l2/v4l2-format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect_choice(const uint32_t *offered, size_t n, enum camera_format wanted,
	const uint32_t *expected, size_t n_expected)
{
	const struct v4l2_format_info *found[V4L2_FORMATS_MAX];

	assert_int_equal(v4l2_format_candidates(offered, n, wanted, found), n_expected);
	for (size_t i = 0; i < n_expected; i++) {
		assert_int_equal(found[i]->fourcc, expected[i]);
	}
}

static void test_choice_prefers_what_costs_least(void **state)
{
	const uint32_t webcam[] = {V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG};
	const uint32_t isp[] = {V4L2_PIX_FMT_NV16M, V4L2_PIX_FMT_NV16, V4L2_PIX_FMT_NV12};
	const uint32_t best_of_webcam[] = {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV};
	const uint32_t best_of_isp[] = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_NV16, V4L2_PIX_FMT_NV16M};
	const uint32_t jpeg = V4L2_PIX_FMT_JPEG;

	(void)state;
	expect_choice(webcam, COUNT(webcam), CAMERA_FORMAT_AUTO, best_of_webcam, 2);
	expect_choice(isp, COUNT(isp), CAMERA_FORMAT_AUTO, best_of_isp, 3);
	expect_choice(webcam, COUNT(webcam), CAMERA_FORMAT_YUYV, &webcam[1], 1);
	expect_choice(isp, COUNT(isp), CAMERA_FORMAT_NV16, best_of_isp + 1, 2);
	expect_choice(&jpeg, 1, CAMERA_FORMAT_MJPEG, &jpeg, 1);
	expect_choice(webcam, COUNT(webcam), CAMERA_FORMAT_NV12, NULL, 0);
	expect_choice(NULL, 0, CAMERA_FORMAT_AUTO, NULL, 0);
}

static void test_fourcc_name(void **state)
{
	char name[5];

	(void)state;
	v4l2_fourcc_name(V4L2_PIX_FMT_YUYV, name);
	assert_string_equal(name, "YUYV");
	v4l2_fourcc_name(V4L2_PIX_FMT_Y16, name);
	assert_string_equal(name, "Y16");
	v4l2_fourcc_name(0x80000a41, name);
	assert_string_equal(name, "A???");
}

static struct v4l2_layout layout_of(uint32_t fourcc, uint32_t width, uint32_t height,
	unsigned memory_planes, uint32_t stride0, uint32_t stride1)
{
	struct v4l2_picture picture = {
		.fourcc = fourcc,
		.width = width,
		.height = height,
		.memory_planes = memory_planes,
		.strides = {stride0, stride1},
	};
	struct v4l2_layout layout;
	struct error err = {0};

	if (v4l2_layout_init(&picture, &layout, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return layout;
}

/* The smallest size that fits, for each memory plane. */
static void expect_needs(const struct v4l2_layout *layout, unsigned memory, uint64_t bytes)
{
	assert_true(v4l2_layout_fits(layout, memory, bytes));
	assert_true(v4l2_layout_fits(layout, memory, UINT64_MAX));
	assert_false(v4l2_layout_fits(layout, memory, bytes - 1));
	assert_false(v4l2_layout_fits(layout, memory, 0));
}

static void test_packed(void **state)
{
	(void)state;
	struct v4l2_layout layout = layout_of(V4L2_PIX_FMT_YUYV, 640, 480, 1, 1280, 0);
	assert_int_equal(layout.n_planes, 1);
	assert_int_equal(layout.planes[0].stride, 1280);
	expect_needs(&layout, 0, 640 * 480 * 2);
	/* The padding after the last row may be missing. */
	layout = layout_of(V4L2_PIX_FMT_UYVY, 640, 480, 1, 1344, 0);
	expect_needs(&layout, 0, 1344 * 479 + 1280);
	/* A driver that does not tell, and an odd width: pairs of pixels are whole. */
	layout = layout_of(V4L2_PIX_FMT_YUYV, 5, 2, 1, 0, 0);
	assert_int_equal(layout.planes[0].stride, 12);
	expect_needs(&layout, 0, 24);
}

static void test_semi_planar(void **state)
{
	(void)state;
	struct v4l2_layout layout = layout_of(V4L2_PIX_FMT_NV12, 640, 480, 1, 704, 0);
	assert_int_equal(layout.n_planes, 2);
	assert_int_equal(layout.planes[1].begin, 704 * 480);
	assert_int_equal(layout.planes[1].stride, 704);
	expect_needs(&layout, 0, 704 * 480 + 704 * 239 + 640);
	layout = layout_of(V4L2_PIX_FMT_NV16, 640, 480, 1, 640, 0);
	expect_needs(&layout, 0, 640 * 480 * 2);
	/* Odd sizes: chroma covers the last column and row too. */
	layout = layout_of(V4L2_PIX_FMT_NV12, 5, 3, 1, 0, 0);
	assert_int_equal(layout.planes[1].begin, 15);
	assert_int_equal(layout.planes[1].stride, 6);
	expect_needs(&layout, 0, 15 + 12);
}

static void test_two_memory_planes(void **state)
{
	(void)state;
	struct v4l2_layout layout = layout_of(V4L2_PIX_FMT_NV12M, 640, 480, 2, 704, 768);
	assert_int_equal(layout.planes[1].memory, 1);
	assert_int_equal(layout.planes[1].begin, 0);
	assert_int_equal(layout.planes[1].stride, 768);
	expect_needs(&layout, 0, 704 * 479 + 640);
	expect_needs(&layout, 1, 768 * 239 + 640);
}

static void test_mjpeg_needs_no_planes(void **state)
{
	(void)state;
	struct v4l2_layout layout = layout_of(V4L2_PIX_FMT_MJPEG, 640, 480, 1, 0, 0);
	assert_int_equal(layout.n_planes, 0);
	assert_true(v4l2_layout_fits(&layout, 0, 1));
}

static void expect_refused(const struct v4l2_picture *picture)
{
	struct v4l2_layout layout;
	struct error err = {0};

	assert_int_equal(v4l2_layout_init(picture, &layout, &err), -EMEDIUMTYPE);
	assert_true(strlen(err.text) > 0);
}

static struct v4l2_picture hostile(uint32_t fourcc, uint32_t width, uint32_t height,
	unsigned memory_planes, uint32_t stride0, uint32_t stride1)
{
	return (struct v4l2_picture){
		.fourcc = fourcc,
		.width = width,
		.height = height,
		.memory_planes = memory_planes,
		.strides = {stride0, stride1},
	};
}

static void test_hostile_numbers_are_refused(void **state)
{
	const struct v4l2_picture pictures[] = {
		hostile(V4L2_PIX_FMT_YUYV, 0, 480, 1, 1280, 0),
		hostile(V4L2_PIX_FMT_YUYV, 640, 0, 1, 1280, 0),
		hostile(V4L2_PIX_FMT_YUYV, UINT32_MAX, 480, 1, 0, 0),
		hostile(V4L2_PIX_FMT_YUYV, 640, UINT32_MAX, 1, 0, 0),
		hostile(V4L2_PIX_FMT_MJPEG, 16385, 480, 1, 0, 0),
		hostile(V4L2_PIX_FMT_YUYV, 640, 480, 1, 1279, 0),
		hostile(V4L2_PIX_FMT_YUYV, 640, 480, 1, UINT32_MAX, 0),
		hostile(V4L2_PIX_FMT_NV12, 640, 480, 1, 639, 0),
		hostile(V4L2_PIX_FMT_NV12M, 640, 480, 2, 640, 639),
		hostile(V4L2_PIX_FMT_NV12M, 640, 480, 2, 640, UINT32_MAX),
		hostile(V4L2_PIX_FMT_NV12M, 640, 480, 1, 640, 640),
		hostile(V4L2_PIX_FMT_NV12, 640, 480, 2, 640, 640),
		hostile(V4L2_PIX_FMT_NV12, 640, 480, 0, 640, 640),
		hostile(V4L2_PIX_FMT_NV12, 640, 480, 255, 640, 640),
		hostile(V4L2_PIX_FMT_RGB24, 640, 480, 1, 1920, 0),
		hostile(0, 0, 0, 0, 0, 0),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(pictures); i++) {
		expect_refused(&pictures[i]);
	}
}

/* The largest that is allowed: the sums stay exact. */
static void test_largest(void **state)
{
	(void)state;
	struct v4l2_layout layout = layout_of(V4L2_PIX_FMT_NV16, 16384, 16384, 1, 1U << 20, 0);
	expect_needs(&layout, 0, (16384ULL << 20) + (16383ULL << 20) + 16384);
	assert_false(v4l2_layout_fits(&layout, 0, UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice_prefers_what_costs_least),
		cmocka_unit_test(test_fourcc_name),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_semi_planar),
		cmocka_unit_test(test_two_memory_planes),
		cmocka_unit_test(test_mjpeg_needs_no_planes),
		cmocka_unit_test(test_hostile_numbers_are_refused),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests_name("v4l2-format", tests, NULL, NULL);
}
