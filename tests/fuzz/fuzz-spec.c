/* The SPEC of a camera: what is taken keeps the bounds of config.h, and reads the same when it is
 * described. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void check_taken(const struct camera_spec *spec)
{
	must(spec->width >= 1 && spec->width <= 8192 && spec->height >= 1 && spec->height <= 8192);
	must(spec->fps >= 1 && spec->fps <= 240 && spec->quality >= 1 && spec->quality <= 100);
	must((spec->kind == CAMERA_KIND_SYNTHETIC) == (spec->target[0] == '\0'));
	must(spec->kind != CAMERA_KIND_SYNTHETIC || spec->format == CAMERA_FORMAT_MJPEG ||
		spec->format == CAMERA_FORMAT_YUYV);
	must(spec->kind != CAMERA_KIND_REPLAY || spec->format == CAMERA_FORMAT_MJPEG);

	char described[CONFIG_TARGET_MAX + 16];
	struct camera_spec again;
	camera_spec_describe(spec, described, sizeof(described));
	must(camera_spec_parse(described, &again, NULL) == 0);
	must(again.kind == spec->kind && strcmp(again.target, spec->target) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct camera_spec spec;
	struct error err = {0};
	char *text = strndup((const char *)data, size);

	must(text != NULL);
	if (camera_spec_parse(text, &spec, &err) == 0) {
		check_taken(&spec);
	} else {
		must(err.text[0] && !strpbrk(err.text, "\n\r\t\x1b"));
	}
	free(text);
	return 0;
}
