/* Which formats are agreed on, what is refused, and what is listed. */
#include "source/source.h"

#include <errno.h>
#include <string.h>

#include "source/v4l2/devices.h"
#include "source/v4l2/fixture-shim.h"

static void check_raw_camera(
	const char *target, enum camera_format format, enum pixel_format expected)
{
	struct source *source = shim_make_source(target, format, 3);
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
		struct frame *frame = shim_take(source);
		assert_int_equal(frame->format, expected);
		assert_int_equal(frame->width, WIDTH);
		assert_int_equal(frame->height, HEIGHT);
		assert_true(frame->planes[0].stride > WIDTH); /* padded, or packed */
		shim_check_memory(frame);
		shim_check_raw(frame);
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

static void expect_start_error(
	const char *target, enum camera_format format, int expected, const char *words)
{
	struct source *source = shim_make_source(target, format, 3);
	struct source_info info;
	struct error err = {0};
	int r = source_start(source, &info, &err);

	assert_int_equal(r, expected);
	if (!strstr(err.text, words) || !strstr(err.text, target)) {
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, words, target);
	}
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
	shim_command(RAW " refuse open EBUSY 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EBUSY, "held by");
	shim_command(RAW " refuse s_fmt EBUSY 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EBUSY, "held by");
	shim_command(RAW " refuse open EACCES 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EACCES, "permission denied");
	shim_command(RAW " refuse streamon ENOSPC 1");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -ENOSPC, "format=mjpeg");
	shim_command(RAW " refuse streamon EINVAL 1"); /* not final */
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EIO, "starting the stream");
	shim_command(RAW " refuse reqbufs ENOMEM 2");
	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -ENOMEM, "buffers");
	shim_command(RAW " refuse reqbufs ENOMEM 1"); /* a cached one refused, the other granted */
	source_free(shim_make_started(RAW, CAMERA_FORMAT_AUTO, 3));
}

static void test_second_opener_is_told(void **state)
{
	(void)state;
	struct source *source = shim_make_started(RAW, CAMERA_FORMAT_AUTO, 3);

	expect_start_error(RAW, CAMERA_FORMAT_AUTO, -EBUSY, "another camera");
	frame_unref(shim_take(source));
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
	shim_command(RAW " refuse open EACCES 1");
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_formats),
		cmocka_unit_test(test_errors_say_what_to_do),
		cmocka_unit_test(test_second_opener_is_told),
		cmocka_unit_test(test_devices_are_listed),
		cmocka_unit_test(test_first_usable_devices),
	};

	(void)argc;
	return shim_run_tests("v4l2-negotiate", argv, tests);
}
