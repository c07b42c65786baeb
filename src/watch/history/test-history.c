#include "watch/history/history.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"
#include "watch/history/print.h"
#include "watch/record/figure.h"

static struct tree tree;

static const struct history_figure *find(const struct history *history, const char *name)
{
	for (size_t i = 0; i < history->n_figures; i++) {
		if (strcmp(history->figures[i].name, name) == 0) {
			return &history->figures[i];
		}
	}
	return NULL;
}

static int add(struct history *history, int sequence, int taken_ms, const char *figures)
{
	char line[512];

	snprintf(line, sizeof(line),
		"{\"time\":\"x\",\"sample\":{\"sequence\":%d,\"taken_unix_ms\":%d,\"late_ms\":1},%"
		"s}\n",
		sequence, taken_ms, figures);
	return history_add_line(history, line, strlen(line), 1000);
}

static void test_sums_figures_up(void **state)
{
	(void)state;
	struct history history = {0};

	assert_int_equal(add(&history, 0, 999, "\"a\":{\"b\":100}"), 0); /* too old */
	assert_int_equal(
		add(&history, 1, 1000, "\"a\":{\"b\":4,\"c\":null},\"d\":{\"0\":{\"e\":1}}"), 0);
	assert_int_equal(add(&history, 2, 1001, "\"a\":{\"b\":-2,\"c\":7.5}"), 0);
	assert_int_equal(history.n_samples, 2);
	assert_int_equal(history.n_figures, 3);
	const struct history_figure *figure = find(&history, "a.b");
	assert_int_equal(figure->n, 2);
	assert_true(figure->min == -2.0 && figure->max == 4.0 && figure->last == -2.0);
	assert_true(history_figure_mean(figure) == 1.0);
	assert_int_equal(find(&history, "a.c")->n, 1); /* absent is not 0 */
	assert_int_equal(find(&history, "d.0.e")->n, 1);
	assert_null(find(&history, "sample.late_ms"));
	assert_int_equal(add(&history, 3, 1002,
				 "\"camera\":{\"cam0\":{\"state\":\"lost\"}},"
				 "\"process\":{\"serve\":{\"state\":\"running\"}}"),
		0);
	assert_string_equal(figure_state_name(find(&history, "camera.cam0.state")->max), "lost");
	assert_null(find(&history, "process.serve.state"));
	assert_int_equal(history.first_unix_ms, 1000);
	assert_int_equal(history.last_unix_ms, 1002);
	history_done(&history);
}

static void test_counts_what_is_lost(void **state)
{
	(void)state;
	struct history history = {0};

	assert_int_equal(add(&history, 5, 2000, "\"a\":1"), 0);
	assert_int_equal(add(&history, 8, 2001, "\"a\":1"), 0);
	assert_int_equal(add(&history, 0, 2002, "\"a\":1"), 0); /* another run */
	assert_int_equal(add(&history, 1, 2003, "\"a\":1"), 0);
	assert_int_equal(history.n_lost, 2);
	assert_int_equal(history_add_line(&history, "{\"sam", 5, 0), 0);
	assert_int_equal(history_add_line(&history, "[]\n", 3, 0), 0);
	assert_int_equal(history_add_line(&history, "", 0, 0), 0);
	assert_int_equal(history.n_lines, 3);
	assert_int_equal(history.n_samples, 4);
	history_done(&history);
}

static void write_sample(const char *name, int sequence, int taken_ms)
{
	char text[256];

	snprintf(text, sizeof(text),
		"{\"sample\":{\"sequence\":%d,\"taken_unix_ms\":%d},\"memory\":{\"free_bytes\":%d},"
		"\"fragmentation\":{\"x\":1}}\n",
		sequence, taken_ms, sequence << 20);
	tree_write(&tree, name, text);
}

static void test_reads_rotated_files_in_order(void **state)
{
	(void)state;
	struct history history = {0};
	struct error err;
	char path[64];
	char *text = NULL;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/watch.jsonl", tree.folder);
	assert_int_equal(history_read(&history, path, 0, &err), -ENOENT);
	write_sample("/watch.jsonl.10", 1, 1000);
	write_sample("/watch.jsonl.2", 2, 2000);
	write_sample("/watch.jsonl", 3, 3000);
	assert_int_equal(history_read(&history, path, 0, &err), 0);
	assert_int_equal(history.n_samples, 3);
	assert_int_equal(history.n_lost, 0);
	assert_true(find(&history, "memory.free_bytes")->last == 3 << 20);

	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	assert_int_equal(history_print_table(&history, file), 0);
	fclose(file);
	assert_non_null(strstr(text, "3 samples from"));
	assert_non_null(strstr(text, "memory.free_bytes"));
	assert_null(strstr(text, "fragmentation"));
	free(text);

	file = open_memstream(&text, &size);
	assert_non_null(file);
	assert_int_equal(history_print_json(&history, file), 0);
	fclose(file);
	json_t *document = json_loads(text, 0, NULL);
	assert_non_null(document);
	const json_t *figures = json_object_get(document, "figures");
	assert_true(json_real_value(json_object_get(
			    json_object_get(figures, "memory.free_bytes"), "mean")) == 2 << 20);
	assert_non_null(json_object_get(figures, "fragmentation.x"));
	json_decref(document);
	free(text);
	history_done(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_figures_up),
		cmocka_unit_test(test_counts_what_is_lost),
		tree_test(test_reads_rotated_files_in_order, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
