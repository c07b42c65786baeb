#include "config/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct camera_spec parse(const char *text)
{
	struct camera_spec spec;
	struct error err = {0};

	int r = camera_spec_parse(text, &spec, &err);
	if (r != 0) {
		fail_msg("%s: %s", text, err.text);
	}
	return spec;
}

/* The message must hold part. */
static void refuse(const char *text, const char *part)
{
	struct camera_spec spec = {.fps = 12345};
	struct error err = {0};

	assert_int_equal(camera_spec_parse(text, &spec, &err), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	if (!strstr(err.text, part)) {
		fail_msg("\"%s\": \"%s\" is not in \"%s\"", text, part, err.text);
	}
	assert_int_equal(spec.fps, 12345);
}

static void takes_defaults(void **state)
{
	(void)state;
	struct camera_spec spec = parse("v4l2:/dev/video0");
	assert_int_equal(spec.kind, CAMERA_KIND_V4L2);
	assert_string_equal(spec.target, "/dev/video0");
	assert_int_equal(spec.format, CAMERA_FORMAT_AUTO);
	assert_int_equal(spec.width, 640);
	assert_int_equal(spec.height, 480);
	assert_int_equal(spec.fps, 30);
	assert_int_equal(spec.quality, 80);

	spec = parse("synthetic");
	assert_int_equal(spec.kind, CAMERA_KIND_SYNTHETIC);
	assert_string_equal(spec.target, "");
	assert_int_equal(spec.format, CAMERA_FORMAT_YUYV);

	spec = parse("replay:/srv/pictures");
	assert_int_equal(spec.kind, CAMERA_KIND_REPLAY);
	assert_string_equal(spec.target, "/srv/pictures");
	assert_int_equal(spec.format, CAMERA_FORMAT_MJPEG);
}

static void takes_every_option(void **state)
{
	(void)state;
	struct camera_spec spec =
		parse("v4l2:/dev/video3,format=nv12,size=1280x720,fps=25,quality=91");
	assert_string_equal(spec.target, "/dev/video3");
	assert_int_equal(spec.format, CAMERA_FORMAT_NV12);
	assert_int_equal(spec.width, 1280);
	assert_int_equal(spec.height, 720);
	assert_int_equal(spec.fps, 25);
	assert_int_equal(spec.quality, 91);

	spec = parse("synthetic,size=320x240,fps=10,format=mjpeg,quality=50");
	assert_int_equal(spec.format, CAMERA_FORMAT_MJPEG);
	assert_int_equal(spec.width, 320);
	assert_int_equal(spec.fps, 10);
	assert_int_equal(parse("replay:a.mjpeg,fps=15").fps, 15);
}

static void takes_every_format(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum camera_format format;
	} formats[] = {
		{"auto", CAMERA_FORMAT_AUTO},
		{"mjpeg", CAMERA_FORMAT_MJPEG},
		{"yuyv", CAMERA_FORMAT_YUYV},
		{"uyvy", CAMERA_FORMAT_UYVY},
		{"nv12", CAMERA_FORMAT_NV12},
		{"nv16", CAMERA_FORMAT_NV16},
	};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "v4l2:/dev/video0,format=%s", formats[i].name);
		assert_int_equal(parse(text).format, formats[i].format);
	}
}

static void takes_bounds_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(parse("synthetic,fps=1").fps, 1);
	assert_int_equal(parse("synthetic,fps=240").fps, 240);
	assert_int_equal(parse("synthetic,quality=1").quality, 1);
	assert_int_equal(parse("synthetic,quality=100").quality, 100);
	assert_int_equal(parse("synthetic,size=8192x8192").height, 8192);
	assert_int_equal(parse("v4l2:/dev/video0,size=1x1").width, 1);

	refuse("synthetic,fps=0", "fps=0: must be 1..240");
	refuse("synthetic,fps=241", "fps=241: must be 1..240");
	refuse("synthetic,fps=-1", "must be 1..240");
	refuse("synthetic,fps=", "must be 1..240");
	refuse("synthetic,fps=99999999999999999999999", "must be 1..240");
	refuse("synthetic,quality=0", "quality=0: must be 1..100");
	refuse("synthetic,quality=101", "quality=101: must be 1..100");
	refuse("synthetic,size=8193x1", "each 1..8192");
	refuse("synthetic,size=1x8193", "each 1..8192");
	refuse("synthetic,size=0x480", "each 1..8192");
	refuse("synthetic,size=640", "WIDTHxHEIGHT");
	refuse("synthetic,size=640x480x2", "WIDTHxHEIGHT");
}

static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	refuse("", "must be v4l2:DEVICE, synthetic or replay:PATH");
	refuse("V4L2:/dev/video0", "must be v4l2:DEVICE");
	refuse("/dev/video0", "must be v4l2:DEVICE");
	refuse("synthetic,format=rgb", "format=rgb: must be yuyv or mjpeg");
	refuse("synthetic,format=nv12", "format=nv12: must be yuyv or mjpeg");
	refuse("synthetic,format=auto", "must be yuyv or mjpeg");
	refuse("v4l2:/dev/video0,format=h264", "must be auto, mjpeg, yuyv, uyvy, nv12 or nv16");
	refuse("v4l2:/dev/video0,colour=red",
		"\"colour\": v4l2 takes format, size, fps and quality");
	refuse("v4l2:/dev/video0,fps", "\"fps\": v4l2 takes");
	refuse("v4l2:/dev/video0,", "\"\": v4l2 takes");
	refuse("replay:x,size=640x480", "\"size\": replay takes fps");
	refuse("replay:x,format=mjpeg", "\"format\": replay takes fps");
}

static void judges_the_target(void **state)
{
	(void)state;
	refuse("v4l2", "v4l2 takes a device, as in v4l2:/dev/video0");
	refuse("v4l2:", "v4l2 takes a device");
	refuse("v4l2:,fps=30", "v4l2 takes a device");
	refuse("replay", "replay takes a folder or a .mjpeg file");
	refuse("synthetic:", "synthetic takes nothing after its name");
	refuse("synthetic:x", "synthetic takes nothing after its name");

	char text[1024] = "replay:";
	memset(text + 7, 'a', CONFIG_TARGET_MAX - 1);
	assert_int_equal(strlen(parse(text).target), CONFIG_TARGET_MAX - 1);
	text[7 + CONFIG_TARGET_MAX - 1] = 'a';
	refuse(text, "at most 255 bytes");
	memset(text + 7, 'a', sizeof(text) - 8);
	refuse(text, "longer than 511 bytes");
}

static void takes_only_printable_utf8(void **state)
{
	(void)state;
	assert_string_equal(
		parse("replay:/图片/\xf0\x9f\x93\xb7").target, "/图片/\xf0\x9f\x93\xb7");
	assert_string_equal(parse("replay:\xc3\xa9\xed\x9f\xbf").target, "\xc3\xa9\xed\x9f\xbf");
	static const char *const bad[] = {
		"replay:a\nb", "replay:\x7f", "replay:\xff", "replay:\x80", "replay:\xc3", /* cut */
		"replay:\xe5\x9b", "replay:\xf0\x9f\x93", "replay:\xc3(",
		"replay:\xc0\xaf", /* overlong */
		"replay:\xe0\x80\xaf", "replay:\xf0\x80\x80\xaf",
		"replay:\xed\xa0\x80",     /* surrogate */
		"replay:\xf4\x90\x80\x80", /* above U+10FFFF */
		"replay:\xc2\x85",         /* a control character */
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuse(bad[i], "not printable UTF-8");
	}
}

static void describes(void **state)
{
	(void)state;
	char text[CONFIG_TARGET_MAX + 16];
	struct camera_spec spec = parse("v4l2:/dev/video0,fps=15");
	camera_spec_describe(&spec, text, sizeof(text));
	assert_string_equal(text, "v4l2:/dev/video0");
	camera_spec_describe(&spec, text, 8);
	assert_string_equal(text, "v4l2:/d");
	spec = parse("synthetic,fps=15");
	camera_spec_describe(&spec, text, sizeof(text));
	assert_string_equal(text, "synthetic");
	spec = parse("replay:a/b");
	camera_spec_describe(&spec, text, sizeof(text));
	assert_string_equal(text, "replay:a/b");
}

static void compares(void **state)
{
	(void)state;
	static const char *const specs[] = {"synthetic", "synthetic,format=mjpeg",
		"synthetic,size=640x481", "synthetic,size=641x480", "synthetic,fps=29",
		"synthetic,quality=79", "v4l2:a", "v4l2:b", "replay:a"};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		for (size_t j = 0; j < sizeof(specs) / sizeof(specs[0]); j++) {
			struct camera_spec a = parse(specs[i]), b = parse(specs[j]);
			assert_int_equal(camera_spec_equal(&a, &b), i == j);
		}
	}
}

static void takes_no_error(void **state)
{
	(void)state;
	struct camera_spec spec;
	assert_int_equal(camera_spec_parse("nonsense", &spec, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_defaults),
		cmocka_unit_test(takes_every_option),
		cmocka_unit_test(takes_every_format),
		cmocka_unit_test(takes_bounds_and_no_more),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(judges_the_target),
		cmocka_unit_test(takes_only_printable_utf8),
		cmocka_unit_test(describes),
		cmocka_unit_test(compares),
		cmocka_unit_test(takes_no_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
