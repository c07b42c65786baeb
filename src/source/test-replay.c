#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "jpeg/fixture.h"
#include "jpeg/header.h"
#include "util/cleanup.h"

#define MAX_FRAME ((size_t)60000)

/* A folder for each test. Pictures differ by their width: 16, 32, 48, ... */
struct place {
	char path[64];
};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->path, sizeof(place->path), "/tmp/twinlens-replay-XXXXXX");
	*state = place;
	return mkdtemp(place->path) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	nftw(place->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static void append(const struct place *place, const char *name, const void *data, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", place->path, name);
	FILE *file = fopen(path, "ab");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static uint8_t *picture_of(unsigned number, size_t *ret_size)
{
	const struct jpeg_fixture fixture = {.width = 16 * number,
		.height = 64,
		.quality = 80,
		.h = 2,
		.v = 1,
		.thumbnail_bytes = number % 2 ? 4096 : 0};

	return jpeg_fixture_make(&fixture, ret_size);
}

static void append_picture(const struct place *place, const char *name, unsigned number)
{
	size_t size;
	_cleanup_free_ uint8_t *picture = picture_of(number, &size);

	append(place, name, picture, size);
}

static struct source *new_source(const struct place *place, const char *name)
{
	struct camera_spec spec = {
		.kind = CAMERA_KIND_REPLAY, .width = 640, .height = 480, .fps = 240};
	struct source *source;

	snprintf(spec.target, sizeof(spec.target), "%s%s%s", place->path, *name ? "/" : "", name);
	assert_int_equal(source_new(&spec, "cam0", 2, MAX_FRAME, &source), 0);
	return source;
}

static struct source *started(const struct place *place, const char *name)
{
	struct source *source = new_source(place, name);
	struct source_info info;
	struct error err;

	assert_int_equal(source_start(source, &info, &err), 0);
	assert_int_equal(info.format, PIXEL_FORMAT_MJPEG);
	assert_true(info.fps == 240);
	return source;
}

/* What the next tick gives, -EAGAIN left out. */
static int read_next(struct source *source, struct frame **ret_frame, struct error *err)
{
	struct pollfd pollfd = {.fd = source_get_fd(source), .events = POLLIN};
	int r = -EAGAIN;

	for (int i = 0; i < 100 && r == -EAGAIN; i++) {
		assert_int_equal(poll(&pollfd, 1, 1000), 1);
		r = source_read(source, ret_frame, err);
	}
	return r;
}

/* The number of the next picture, which must be whole; or less the reason that it was dropped. */
static int next_number(struct source *source)
{
	struct frame *frame = NULL;
	struct jpeg_header header;
	struct error err;
	size_t size;
	int r = read_next(source, &frame, &err);

	if (r != 0) {
		assert_true(r > 0);
		return -r;
	}
	assert_int_equal(jpeg_header_read(frame->data, frame->size, &header), 0);
	_cleanup_free_ uint8_t *picture = picture_of(header.width / 16, &size);
	assert_int_equal(frame->size, size);
	assert_memory_equal(frame->data, picture, size);
	assert_true(frame->headroom >= FRAME_HEADROOM);
	frame_unref(frame);
	return (int)header.width / 16;
}

static void test_plays_a_folder_in_order(void **state)
{
	const struct place *place = *state;

	append_picture(place, "b.jpg", 2);
	append_picture(place, "a.JPEG", 1);
	append_picture(place, "c.jpg", 3);
	append(place, "d.txt", "no picture", 10);
	append(place, ".jpg", "hidden", 6);
	struct source *source = started(place, "");
	for (int i = 0; i < 10; i++) {
		assert_int_equal(next_number(source), i % 3 + 1);
	}
	source_free(source);
}

static void test_a_folder_with_bad_files_goes_on(void **state)
{
	const struct place *place = *state;
	_cleanup_free_ uint8_t *large = calloc(1, MAX_FRAME + 1);
	char path[128];

	append(place, "a.jpg", large, MAX_FRAME + 1);
	append(place, "b.jpg", "", 0);
	append_picture(place, "c.jpg", 7);
	snprintf(path, sizeof(path), "%s/d.jpg", place->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/e.jpg", place->path);
	assert_int_equal(symlink("nowhere", path), 0);
	struct source *source = started(place, "");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(next_number(source), -FRAME_DROP_OVERSIZE);
		assert_int_equal(next_number(source), -FRAME_DROP_EMPTY);
		assert_int_equal(next_number(source), 7);
		assert_int_equal(next_number(source), -FRAME_DROP_CORRUPT);
		assert_int_equal(next_number(source), -FRAME_DROP_EMPTY);
	}
	source_free(source);
}

static void test_a_deleted_folder_is_lost(void **state)
{
	struct place *place = *state;
	struct frame *frame = NULL;
	struct error err = {0};

	append_picture(place, "a.jpg", 1);
	struct source *source = started(place, "");
	assert_int_equal(next_number(source), 1);
	nftw(place->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	int r = read_next(source, &frame, &err);
	assert_int_equal(r, -ENOENT);
	assert_non_null(strstr(err.text, place->path));
	source_free(source);
}

static void test_deleted_pictures_are_lost(void **state)
{
	struct place *place = *state;
	struct frame *frame = NULL;
	struct error err = {0};
	char path[128];

	append_picture(place, "a.jpg", 1);
	struct source *source = started(place, "");
	snprintf(path, sizeof(path), "%s/a.jpg", place->path);
	unlink(path);
	assert_int_equal(read_next(source, &frame, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no picture of 1 can be opened"));
	source_stop(source);
	append_picture(place, "a.jpg", 4);
	struct source_info info;
	assert_int_equal(source_start(source, &info, &err), 0);
	assert_int_equal(info.width, 64);
	assert_int_equal(next_number(source), 4);
	source_free(source);
}

static void test_plays_a_file(void **state)
{
	const struct place *place = *state;

	append(place, "film.mjpeg", "garbage\xff\xd8", 9);
	for (unsigned i = 1; i <= 9; i++) {
		append_picture(place, "film.mjpeg", i);
		append(place, "film.mjpeg", "\r\n--boundary\r\n\r\n", i % 4);
	}
	struct source *source = started(place, "film.mjpeg");
	for (int i = 0; i < 30; i++) {
		assert_int_equal(next_number(source), i % 9 + 1);
	}
	source_free(source);
}

static void test_a_file_skips_what_is_too_large(void **state)
{
	const struct place *place = *state;
	const struct jpeg_fixture huge = {
		.width = 1600, .height = 1200, .quality = 95, .h = 2, .v = 1};
	size_t size;
	_cleanup_free_ uint8_t *picture = jpeg_fixture_make(&huge, &size);

	assert_true(size > 4 * MAX_FRAME);
	append_picture(place, "film.mjpeg", 1);
	append(place, "film.mjpeg", picture, size);
	append_picture(place, "film.mjpeg", 2);
	append(place, "film.mjpeg", picture, size);
	struct source *source = started(place, "film.mjpeg");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(next_number(source), 1);
		assert_int_equal(next_number(source), -FRAME_DROP_OVERSIZE);
		assert_int_equal(next_number(source), 2);
		assert_int_equal(next_number(source), -FRAME_DROP_OVERSIZE);
	}
	source_free(source);
}

/* The last picture is cut off: passed on for others to judge, and the first one comes again. */
static void test_a_file_that_was_cut(void **state)
{
	const struct place *place = *state;
	struct frame *frame = NULL;
	struct error err;
	size_t size;
	_cleanup_free_ uint8_t *picture = picture_of(5, &size);

	append_picture(place, "film.mjpeg", 1);
	append(place, "film.mjpeg", picture, size / 2);
	struct source *source = started(place, "film.mjpeg");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(next_number(source), 1);
		assert_int_equal(read_next(source, &frame, &err), 0);
		assert_int_equal(frame->size, size / 2);
		frame_unref(frame);
	}
	source_free(source);
}

/* Much garbage takes several calls, and none of them long. */
static void test_a_file_with_much_garbage(void **state)
{
	const struct place *place = *state;
	const size_t n = 3 << 20;
	_cleanup_free_ uint8_t *garbage = malloc(n);

	for (size_t i = 0; i < n; i++) {
		garbage[i] = (uint8_t)(i * 31 >> 4);
	}
	append_picture(place, "film.mjpeg", 3);
	append(place, "film.mjpeg", garbage, n);
	append_picture(place, "film.mjpeg", 4);
	struct source *source = started(place, "film.mjpeg");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(next_number(source), i % 2 + 3);
	}
	source_free(source);
}

static void test_a_file_that_was_emptied_is_lost(void **state)
{
	const struct place *place = *state;
	struct frame *frame = NULL;
	struct error err = {0};
	char path[128];

	append_picture(place, "film.mjpeg", 1);
	struct source *source = started(place, "film.mjpeg");
	assert_int_equal(next_number(source), 1);
	snprintf(path, sizeof(path), "%s/film.mjpeg", place->path);
	assert_int_equal(truncate(path, 0), 0);
	int r = read_next(source, &frame, &err);
	assert_int_equal(r, -ENODATA);
	source_free(source);
}

static void expect_error(const struct place *place, const char *name, int code, const char *text)
{
	struct source *source = new_source(place, name);
	struct source_info info;
	struct error err = {0};

	assert_int_equal(source_start(source, &info, &err), code);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, place->path));
	assert_non_null(strstr(err.text, text));
	source_free(source);
}

static void test_tells_what_is_wrong(void **state)
{
	const struct place *place = *state;
	char path[128];

	expect_error(place, "missing", -ENOENT, "No such file");
	expect_error(place, "", -ENOENT, "no .jpg");
	append(place, "empty.mjpeg", "", 0);
	expect_error(place, "empty.mjpeg", -ENODATA, "no JPEG picture");
	append(place, "text.mjpeg", "hello", 5);
	expect_error(place, "text.mjpeg", -ENODATA, "no JPEG picture");
	snprintf(path, sizeof(path), "%s/fifo", place->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_error(place, "fifo", -EINVAL, "neither a folder");
}

static void test_probes(void **state)
{
	const struct place *place = *state;
	struct camera_spec spec = {.kind = CAMERA_KIND_REPLAY};
	struct error err;

	snprintf(spec.target, sizeof(spec.target), "%s", place->path);
	assert_int_equal(source_probe(&spec, &err), -ENOENT);
	append_picture(place, "a.jpg", 1);
	assert_int_equal(source_probe(&spec, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plays_a_folder_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_folder_with_bad_files_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_deleted_folder_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deleted_pictures_are_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_plays_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_file_skips_what_is_too_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_file_that_was_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_file_with_much_garbage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_file_that_was_emptied_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tells_what_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_probes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
