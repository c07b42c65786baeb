/* Devices that go, come back, or turn out to be another. */
#include "source/source.h"

#include <errno.h>
#include <string.h>

#include "source/v4l2/fixture-shim.h"

static int read_until_error(struct source *source, struct error *err)
{
	struct frame *frame = NULL;
	int r;

	do {
		r = shim_read_next(source, &frame, err);
		if (r == 0) {
			frame = frame_unref(frame);
		}
	} while (r >= 0);
	return r;
}

static void test_device_is_found_again(void **state)
{
	(void)state;
	struct source *source = shim_make_started(OTHER, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;
	struct error err = {0};
	struct frame *held = shim_take(source);

	shim_command(OTHER " disconnect");
	assert_int_equal(read_until_error(source, &err), -ENODEV);
	assert_non_null(strstr(err.text, "is gone"));
	source_stop(source);
	assert_int_equal(source_start(source, &info, &err), -ENOENT);
	frame_unref(held);
	shim_command(OTHER " reconnect /dev/video99");
	assert_int_equal(source_start(source, &info, &err), 0);
	frame_unref(shim_take(source));
	shim_command(OTHER " disconnect");
	assert_int_equal(read_until_error(source, &err), -ENODEV);
	source_stop(source);
	shim_command(OTHER " reconnect " OTHER);
	assert_int_equal(source_start(source, &info, &err), 0);
	frame_unref(shim_take(source));
	source_free(source);
}

/* The node now belongs to another camera, and the own one is not there. */
static void test_other_device_is_not_taken(void **state)
{
	(void)state;
	struct source *source = shim_make_started(OTHER, CAMERA_FORMAT_AUTO, 3);
	struct source_info info;
	struct error err = {0};

	source_stop(source);
	shim_command(OTHER " disconnect");
	shim_command(RAW " disconnect");
	shim_command(RAW " reconnect " OTHER);
	int r = source_start(source, &info, &err);
	assert_int_equal(r, -ENODEV);
	assert_non_null(strstr(err.text, "waiting for Other"));
	shim_command(RAW " disconnect");
	shim_command(RAW " reconnect " RAW);
	shim_command(OTHER " reconnect " OTHER);
	assert_int_equal(source_start(source, &info, &err), 0);
	source_free(source);
}

static void test_fatal_error_of_the_stream(void **state)
{
	(void)state;
	struct source *source = shim_make_started(RAW, CAMERA_FORMAT_AUTO, 3);
	struct error err = {0};

	shim_command(RAW " refuse dqbuf EIO 1");
	assert_int_equal(read_until_error(source, &err), -EIO);
	assert_non_null(strstr(err.text, RAW));
	source_free(source);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_is_found_again),
		cmocka_unit_test(test_other_device_is_not_taken),
		cmocka_unit_test(test_fatal_error_of_the_stream),
	};

	(void)argc;
	return shim_run_tests("v4l2-loss", argv, tests);
}
