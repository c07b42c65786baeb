#include "soak/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"

static char folder[] = "/tmp/test-samples-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/samples", folder);
	return 0;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static struct soak_sample make_sample(unsigned number)
{
	struct soak_sample sample = {.boot_ns = number, .server_pid = 7, .boot_id = "boot"};

	for (int i = 0; i < SOAK_FIGURE_COUNT; i++) {
		sample.figures[i] = number + i / 100.0;
	}
	sample.figures[SOAK_FIGURE_CMA_USED] = NAN;
	return sample;
}

static void append(unsigned from, unsigned to)
{
	_cleanup_close_ int fd = samples_open(path, NULL);

	assert_true(fd >= 0);
	for (unsigned i = from; i < to; i++) {
		struct soak_sample sample = make_sample(i);
		assert_int_equal(samples_append(fd, &sample), 0);
	}
}

static off_t size_of(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static void check(unsigned n)
{
	struct samples samples;
	struct soak_sample sample;

	assert_int_equal(samples_map(path, &samples, NULL), 0);
	assert_int_equal(samples.n, n);
	for (unsigned i = 0; i < n; i++) {
		assert_true(samples_get(&samples, i, &sample));
		assert_int_equal(sample.boot_ns, i);
		assert_true(sample.figures[SOAK_FIGURE_BROKEN] == i + SOAK_FIGURE_BROKEN / 100.0);
		assert_true(isnan(sample.figures[SOAK_FIGURE_CMA_USED]));
	}
	samples_unmap(&samples);
}

static void test_continues(void **state)
{
	(void)state;
	append(0, 3);
	check(3);
	append(3, 5);
	check(5);
}

/* Killed at any byte: what was whole before stays, and the next run goes on behind it. */
static void test_cuts_a_torn_record(void **state)
{
	(void)state;
	append(0, 2);
	off_t two = size_of();
	append(2, 3);
	off_t three = size_of();

	for (off_t size = three - 1; size >= 0; size -= 13) {
		assert_int_equal(truncate(path, size), 0);
		unsigned kept = size >= two ? 2 : size >= two - (three - two) ? 1 : 0;
		append(kept, 3);
		check(3);
	}
}

static void test_finds_a_damaged_record(void **state)
{
	(void)state;
	struct samples samples;
	struct soak_sample sample;

	append(0, 3);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	off_t middle = size_of() / 2;
	assert_int_equal(pwrite(fd, "x", 1, middle), 1);
	assert_int_equal(samples_map(path, &samples, NULL), 0);
	assert_int_equal(samples.n, 3);
	assert_true(samples_get(&samples, 0, &sample));
	assert_false(samples_get(&samples, 1, &sample));
	assert_true(samples_get(&samples, 2, &sample));
	samples_unmap(&samples);
}

static void test_refuses_another_file(void **state)
{
	(void)state;
	struct samples samples;
	struct error err;

	assert_int_equal(samples_map(path, &samples, &err), -ENOENT);
	append(0, 1);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "T", 1, 0), 1);
	off_t size = size_of();
	assert_int_equal(samples_open(path, &err), -EBADMSG);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(samples_map(path, &samples, &err), -EBADMSG);
	assert_int_equal(size_of(), size);
}

/* A disk that is full in the middle of a record leaves the file as it was. */
static void test_full_disk(void **state)
{
	(void)state;
	append(0, 2);
	off_t size = size_of();
	struct rlimit old, small;
	struct soak_sample sample = make_sample(2);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = (rlim_t)size + 10, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	_cleanup_close_ int fd = samples_open(path, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(samples_append(fd, &sample) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(size_of(), size);
	assert_int_equal(samples_append(fd, &sample), 0);
	check(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_continues, remove_file),
		cmocka_unit_test_teardown(test_cuts_a_torn_record, remove_file),
		cmocka_unit_test_teardown(test_finds_a_damaged_record, remove_file),
		cmocka_unit_test_teardown(test_refuses_another_file, remove_file),
		cmocka_unit_test_teardown(test_full_disk, remove_file),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
