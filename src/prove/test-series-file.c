#include "prove/series-file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int read_bytes(const char *text, size_t size, struct series_file *series, struct error *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");

	assert_non_null(in);
	int r = series_file_read(in, "in.csv", series, err);
	fclose(in);
	return r;
}

static int read_text(const char *text, struct series_file *series, struct error *err)
{
	return read_bytes(text, strlen(text), series, err);
}

static void test_taken(void **state)
{
	(void)state;
	_cleanup_series_file_ struct series_file series = {0};

	assert_int_equal(read_text("# of a run\n\ntime_s, heap ,socket.bytes\r\n0,1, 2\r\n"
				   "1.5,3e1,-4",
				 &series, NULL),
		0);
	assert_int_equal(series.n_series, 2);
	assert_int_equal(series.n, 2);
	assert_string_equal(series.names[0], "heap");
	assert_string_equal(series.names[1], "socket.bytes");
	assert_true(series.points[0][1].time_s == 1.5 && series.points[0][1].value == 30);
	assert_true(series.points[1][1].time_s == 1.5 && series.points[1][1].value == -4);
}

static void test_without_names(void **state)
{
	(void)state;
	_cleanup_series_file_ struct series_file series = {0};

	assert_int_equal(read_text("0,1\n10,2\n20,3\n", &series, NULL), 0);
	assert_int_equal(series.n_series, 1);
	assert_int_equal(series.n, 3);
	assert_string_equal(series.names[0], "bytes");
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		const char *where;
	} cases[] = {
		{"\n", -EINVAL, "in.csv: "},
		{"time_s,bytes\n", -EINVAL, "in.csv: "},
		{"0,1\n", -EINVAL, "in.csv: "},
		{"time_s\n0\n", -EINVAL, "in.csv:1: "},
		{"time_s,a,a\n0,1,1\n", -EINVAL, "in.csv:1: "},
		{"time_s,a b\n", -EINVAL, "in.csv:1: "},
		{"time_s,a\n0,1\nx,1\n", -EINVAL, "in.csv:3: "},
		{"0,1\n0,1\n", -EINVAL, "in.csv:2: "},
		{"0,1\n10,1\n5,1\n", -EINVAL, "in.csv:3: "},
		{"0,1\n1,\n", -EINVAL, "in.csv:2: "},
		{"0,1\n1\n", -EINVAL, "in.csv:2: "},
		{"0,1\n1,1,1\n", -EINVAL, "in.csv:2: "},
		{"0,1\n1,0x10\n", -EINVAL, "in.csv:2: "},
		{"0,1\n1,nan\n", -EINVAL, "in.csv:2: "},
		{"0,1\n1,1e999\n", -EINVAL, "in.csv:2: "},
		{"0,1\n1,1-\n", -EINVAL, "in.csv:2: "},
		{"PNG\x01,1\n", -EINVAL, "in.csv:1: "},
		{"t,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\n", -E2BIG, "in.csv:1: "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct series_file series = {.n = 77};
		struct error err = {0};
		assert_int_equal(read_text(cases[i].text, &series, &err), cases[i].code);
		assert_int_equal(strncmp(err.text, cases[i].where, strlen(cases[i].where)), 0);
		assert_int_equal(series.n, 77);
	}
}

static void test_bytes_that_are_no_text(void **state)
{
	(void)state;
	static const char nul[] = "0,1\n1,\0002\n2,3\n";
	char line[SERIES_FILE_LINE_MAX + 64];
	struct series_file series;

	assert_int_equal(read_bytes(nul, sizeof(nul) - 1, &series, NULL), -EINVAL);
	memset(line, '1', sizeof(line));
	assert_int_equal(read_bytes(line, sizeof(line), &series, NULL), -E2BIG);
}

static void test_too_many(void **state)
{
	(void)state;
	FILE *file = tmpfile();
	struct series_file series;

	assert_non_null(file);
	for (int i = 0; i < SERIES_FILE_POINTS_MAX; i++) {
		fprintf(file, "%d,1\n", i);
	}
	rewind(file);
	assert_int_equal(series_file_read(file, "in.csv", &series, NULL), 0);
	assert_int_equal(series.n, SERIES_FILE_POINTS_MAX);
	series_file_done(&series);
	fseek(file, 0, SEEK_END);
	fprintf(file, "%d,1\n", SERIES_FILE_POINTS_MAX);
	rewind(file);
	assert_int_equal(series_file_read(file, "in.csv", &series, NULL), -E2BIG);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_without_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bytes_that_are_no_text),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
