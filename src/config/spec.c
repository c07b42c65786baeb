/* The SPEC of a camera: KIND[:TARGET][,key=value]... */
#include "config/config-impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/parse.h"
#include "util/utf8.h"

#define DIMENSION_MAX 8192

enum {
	OPTION_FORMAT = 1 << 0,
	OPTION_SIZE = 1 << 1,
	OPTION_FPS = 1 << 2,
	OPTION_QUALITY = 1 << 3,
};

static const char *const option_names[] = {"format", "size", "fps", "quality"};

static const char *const format_names[] = {
	[CAMERA_FORMAT_AUTO] = "auto",
	[CAMERA_FORMAT_MJPEG] = "mjpeg",
	[CAMERA_FORMAT_YUYV] = "yuyv",
	[CAMERA_FORMAT_UYVY] = "uyvy",
	[CAMERA_FORMAT_NV12] = "nv12",
	[CAMERA_FORMAT_NV16] = "nv16",
};

/* What each kind takes. */
static const struct kind {
	const char *name;
	const char *target;        /* what the target is; NULL: none */
	enum camera_format format; /* default */
	unsigned formats;          /* bits of enum camera_format */
	const char *formats_text;
	unsigned options;
	const char *options_text;
} kinds[] = {
	[CAMERA_KIND_V4L2] = {"v4l2", "a device, as in v4l2:/dev/video0", CAMERA_FORMAT_AUTO, 0x3f,
		"auto, mjpeg, yuyv, uyvy, nv12 or nv16",
		OPTION_FORMAT | OPTION_SIZE | OPTION_FPS | OPTION_QUALITY,
		"format, size, fps and quality"},
	[CAMERA_KIND_SYNTHETIC] = {"synthetic", NULL, CAMERA_FORMAT_YUYV,
		1 << CAMERA_FORMAT_YUYV | 1 << CAMERA_FORMAT_MJPEG, "yuyv or mjpeg",
		OPTION_FORMAT | OPTION_SIZE | OPTION_FPS | OPTION_QUALITY,
		"format, size, fps and quality"},
	[CAMERA_KIND_REPLAY] = {"replay", "a folder or a .mjpeg file, as in replay:PATH",
		CAMERA_FORMAT_MJPEG, 0, "", OPTION_FPS, "fps"},
};

bool camera_spec_is_set(const struct camera_spec *spec)
{
	return spec->kind != CAMERA_KIND_V4L2 || spec->target[0];
}

bool camera_spec_equal(const struct camera_spec *a, const struct camera_spec *b)
{
	return a->kind == b->kind && strcmp(a->target, b->target) == 0 && a->format == b->format &&
	       a->width == b->width && a->height == b->height && a->fps == b->fps &&
	       a->quality == b->quality;
}

void camera_spec_describe(const struct camera_spec *spec, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s%s%s", kinds[spec->kind].name, spec->target[0] ? ":" : "",
		spec->target);
}

static int parse_format(
	const struct kind *kind, const char *value, struct camera_spec *spec, struct error *err)
{
	for (unsigned i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
		if (strcmp(value, format_names[i]) == 0 && (kind->formats & 1u << i)) {
			spec->format = i;
			return 0;
		}
	}
	return error_set(err, -EINVAL, "format=%.32s: must be %s", value, kind->formats_text);
}

static int parse_size_option(const char *value, struct camera_spec *spec, struct error *err)
{
	uint32_t width, height;

	if (parse_dimensions(value, &width, &height) < 0 || width > DIMENSION_MAX ||
		height > DIMENSION_MAX) {
		return error_set(err, -EINVAL,
			"size=%.32s: must be WIDTHxHEIGHT, each 1..%d, as in 640x480", value,
			DIMENSION_MAX);
	}
	spec->width = width;
	spec->height = height;
	return 0;
}

static int parse_count_option(
	const char *name, const char *value, uint64_t max, uint32_t *ret_count, struct error *err)
{
	uint64_t count;

	if (parse_u64(value, 1, max, &count) < 0) {
		return error_set(
			err, -EINVAL, "%s=%.32s: must be 1..%u", name, value, (unsigned)max);
	}
	*ret_count = (uint32_t)count;
	return 0;
}

/* One "key=value". */
static int parse_option(
	const struct kind *kind, char *text, struct camera_spec *spec, struct error *err)
{
	char *value = strchr(text, '=');
	unsigned option = 0;

	if (value) {
		*value++ = '\0';
		for (unsigned i = 0; i < sizeof(option_names) / sizeof(option_names[0]); i++) {
			if (strcmp(text, option_names[i]) == 0) {
				option = 1u << i;
			}
		}
	}
	switch (option & kind->options) {
	case OPTION_FORMAT:
		return parse_format(kind, value, spec, err);
	case OPTION_SIZE:
		return parse_size_option(value, spec, err);
	case OPTION_FPS:
		return parse_count_option("fps", value, 240, &spec->fps, err);
	case OPTION_QUALITY:
		return parse_count_option("quality", value, 100, &spec->quality, err);
	default:
		return error_set(err, -EINVAL, "\"%.32s\": %s takes %s, each as KEY=VALUE", text,
			kind->name, kind->options_text);
	}
}

/* KIND[:TARGET], the part before the first comma. */
static int parse_kind(char *text, struct camera_spec *spec, struct error *err)
{
	char *target = strchr(text, ':');

	if (target) {
		*target++ = '\0';
	}
	unsigned i = 0;
	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(text, kinds[i].name) != 0) {
		i++;
	}
	if (i == sizeof(kinds) / sizeof(kinds[0])) {
		return error_set(err, -EINVAL,
			"\"%.32s\": must be v4l2:DEVICE, synthetic or replay:PATH", text);
	}
	const struct kind *kind = &kinds[i];
	if (kind->target ? !target || !*target : target != NULL) {
		return error_set(err, -EINVAL, "%s takes %s", kind->name,
			kind->target ? kind->target : "nothing after its name but ,KEY=VALUE");
	}
	*spec = (struct camera_spec){
		.kind = i,
		.format = kind->format,
		.width = 640,
		.height = 480,
		.fps = 30,
		.quality = 80,
	};
	if (!target) {
		return 0;
	}
	size_t length = strlen(target);
	if (length >= sizeof(spec->target)) {
		return error_set(err, -EINVAL, "%s: at most %zu bytes may follow the colon",
			kind->name, sizeof(spec->target) - 1);
	}
	/* It is repeated in JSON, which can hold nothing else. */
	if (!utf8_is_printable(target)) {
		return error_set(err, -EINVAL, "%s: what follows the colon is not printable UTF-8",
			kind->name);
	}
	memcpy(spec->target, target, length + 1);
	return 0;
}

int camera_spec_parse(const char *text, struct camera_spec *ret_spec, struct error *err)
{
	char copy[2 * CONFIG_TARGET_MAX];
	size_t length = strlen(text);

	if (length >= sizeof(copy)) {
		return error_set(err, -EINVAL, "longer than %zu bytes", sizeof(copy) - 1);
	}
	memcpy(copy, text, length + 1);

	char *rest = copy;
	struct camera_spec spec;
	int r = parse_kind(strsep(&rest, ","), &spec, err);
	while (r == 0 && rest) {
		r = parse_option(&kinds[spec.kind], strsep(&rest, ","), &spec, err);
	}
	if (r == 0) {
		*ret_spec = spec;
	}
	return r;
}
