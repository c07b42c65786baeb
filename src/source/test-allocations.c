/* No frame of a synthetic or a recorded source asks the heap for anything. */
#include "source/source.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/fixture-heap.h"
#include "jpeg/fixture.h"
#include "util/cleanup.h"

#define WARM_UP 3
#define ROUNDS  20

static void check(const struct camera_spec *spec)
{
	unsigned long before = 0;
	struct source *source;
	struct source_info info;
	struct error err;

	assert_int_equal(source_new(spec, "cam0", 2, 200000, &source), 0);
	assert_int_equal(source_start(source, &info, &err), 0);
	for (int i = 0; i < WARM_UP + ROUNDS; i++) {
		struct pollfd pollfd = {.fd = source_get_fd(source), .events = POLLIN};
		struct frame *frame;
		if (i == WARM_UP) {
			before = fixture_heap_calls();
		}
		if (poll(&pollfd, 1, 1000) != 1 || source_read(source, &frame, &err) != 0) {
			fail();
		}
		frame_unref(frame);
	}
	assert_int_equal(fixture_heap_calls() - before, 0);
	source_free(source);
}

static void test_synthetic(void **state)
{
	(void)state;
	struct camera_spec spec = {.kind = CAMERA_KIND_SYNTHETIC,
		.width = 640,
		.height = 480,
		.fps = 240,
		.quality = 80};

	spec.format = CAMERA_FORMAT_YUYV;
	check(&spec);
	spec.format = CAMERA_FORMAT_MJPEG;
	check(&spec);
}

static void test_replay(void **state)
{
	(void)state;
	struct camera_spec spec = {.kind = CAMERA_KIND_REPLAY, .fps = 240};
	const struct jpeg_fixture fixture = {
		.width = 320, .height = 240, .quality = 80, .h = 2, .v = 1};
	char folder[] = "/tmp/twinlens-heap-XXXXXX", path[64];
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&fixture, &size);

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.jpg", folder);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(picture, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	snprintf(spec.target, sizeof(spec.target), "%s", folder);
	check(&spec);
	snprintf(spec.target, sizeof(spec.target), "%s", path);
	check(&spec);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_synthetic),
		cmocka_unit_test(test_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
