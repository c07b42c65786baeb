#include "report/report.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "report/fixture-report.h"
#include "report/spell.h"
#include "util/cleanup.h"
#include "util/json.h"
#include "util/utf8.h"

static const struct report_dygraphs no_dygraphs = {0};
static const struct report_dygraphs some_dygraphs = {"var Dygraph;", ".x{}"};

static char *written(
	int (*write)(const struct report *report, FILE *out), const struct report *report)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(write(report, out), 0);
	fclose(out);
	return text;
}

static int write_html(const struct report *report, FILE *out)
{
	return report_write_html(report, &some_dygraphs, REPORT_LANGUAGE_ZH, out);
}

static int write_plain(const struct report *report, FILE *out)
{
	return report_write_html(report, &no_dygraphs, REPORT_LANGUAGE_EN, out);
}

static enum report_state judge(const enum report_state *states, size_t n, bool is_complete)
{
	struct report_criterion criteria[4] = {0};
	struct report report = {.is_complete = is_complete, .criteria = criteria, .n_criteria = n};

	for (size_t i = 0; i < n; i++) {
		criteria[i].state = states[i];
	}
	return report_verdict(&report);
}

static void test_verdict(void **state)
{
	(void)state;
	static const enum report_state good[] = {
		REPORT_STATE_PASS, REPORT_STATE_NOT_APPLICABLE, REPORT_STATE_PASS};
	static const enum report_state open[] = {REPORT_STATE_PASS, REPORT_STATE_NOT_RUN};
	static const enum report_state broken[] = {REPORT_STATE_PASS, REPORT_STATE_ERROR};
	static const enum report_state bad[] = {
		REPORT_STATE_UNDECIDED, REPORT_STATE_FAIL, REPORT_STATE_PASS};

	assert_int_equal(judge(good, 3, true), REPORT_STATE_PASS);
	assert_int_equal(judge(good, 3, false), REPORT_STATE_UNDECIDED);
	assert_int_equal(judge(good, 0, true), REPORT_STATE_UNDECIDED);
	assert_int_equal(judge(open, 2, true), REPORT_STATE_UNDECIDED);
	assert_int_equal(judge(broken, 2, true), REPORT_STATE_UNDECIDED);
	assert_int_equal(judge(bad, 3, true), REPORT_STATE_FAIL);
	assert_int_equal(judge(bad, 3, false), REPORT_STATE_FAIL);
}

static void test_json(void **state)
{
	(void)state;
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60, 1, false);
	_cleanup_json_ json_t *root = report_to_json(&fixture.report);
	json_t *criteria = json_object_get(root, "criteria");
	json_t *first = json_array_get(criteria, 0), *third = json_array_get(criteria, 2);

	assert_string_equal(json_text(root, "verdict"), "fail");
	assert_string_equal(json_text(root, "stage"), "hardware");
	assert_string_equal(json_text(json_object_get(root, "machine"), "kernel"), "Linux 6.1.0");
	assert_int_equal(json_array_size(criteria), 6);
	assert_string_equal(json_text(first, "id"), "F1");
	assert_string_equal(json_text(first, "state"), "pass");
	assert_true(json_real_value(json_object_get(first, "bar")) == 29.5);
	assert_int_equal(json_integer_value(json_object_get(first, "n")), 60);
	assert_string_equal(json_text(third, "state"), "undecided");
	assert_true(json_real_value(json_object_get(third, "needed_s")) == 540);
	assert_true(json_is_null(json_object_get(json_array_get(criteria, 3), "value")));
	for (const char *const *key = (const char *const[]){"id", "name", "state", "value", "unit",
		     "bar", "low", "high", "n", "method", "evidence", "fix", NULL};
		*key; key++) {
		assert_non_null(json_object_get(first, *key));
	}
	assert_int_equal(json_array_size(json_object_get(root, "checklist")), 3);
	fixture_report_done(&fixture);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void test_xml(void **state)
{
	(void)state;
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60, 1, false);
	_cleanup_free_ char *xml = written(report_write_xml, &fixture.report);

	assert_non_null(strstr(xml, "tests=\"6\" failures=\"1\" errors=\"2\" skipped=\"2\""));
	assert_int_equal(count(xml, "<testcase "), 6);
	assert_int_equal(count(xml, "<failure "), 1);
	assert_int_equal(count(xml, "<error "), 2);
	assert_int_equal(count(xml, "<skipped "), 2);
	fixture_report_done(&fixture);
}

/* Each column of text that the table prints is within the terminal. */
static void test_table(void **state)
{
	(void)state;
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60, 1, false);
	report_note_set((struct report_note *)&fixture.report.criteria[1].evidence,
		"%s and what is longer than one line of a terminal, which is to be wrapped here",
		"%s", "a figure");
	_cleanup_free_ char *table = written(report_write_table, &fixture.report);

	for (const char *line = table; *line; line += strcspn(line, "\n") + 1) {
		assert_in_range(strcspn(line, "\n"), 0, 80);
	}
	assert_non_null(strstr(table, "F4    fail"));
	assert_non_null(strstr(table, "81.25 % (<= 75)"));
	assert_non_null(strstr(table, "9 min more"));
	assert_non_null(strstr(table, "hardware: fail\n1 pass, 1 fail, 1 undecided"));
	fixture_report_done(&fixture);
}

static void test_html(void **state)
{
	(void)state;
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60, 1, false);
	_cleanup_free_ char *html = written(write_html, &fixture.report);
	_cleanup_free_ char *plain = written(write_plain, &fixture.report);

	assert_null(strstr(html, "<!--"));
	assert_int_equal(count(html, "<tbody data-id="), 6);
	assert_int_equal(count(html, "<figure "), 5);
	assert_int_equal(count(html, "class=\"plot\""), 5);
	assert_non_null(strstr(html, "id=\"zh\" aria-label=\"中文\" checked"));
	assert_non_null(strstr(html, "id=\"figures\""));
	assert_non_null(strstr(plain, "id=\"en\" aria-label=\"English\" checked"));
	assert_non_null(strstr(plain, "libjs-dygraphs"));
	assert_null(strstr(plain, "<script"));
	assert_int_equal(count(plain, "class=\"plot\""), 0);
	assert_null(strstr(html, "http://"));
	assert_null(strstr(html, "https://"));
	fixture_report_done(&fixture);
}

static void assert_printable(const char *text)
{
	while (*text) {
		size_t n = utf8_printable(text);
		assert_true(n > 0 || *text == '\n' || *text == '\t');
		text += n ? n : 1;
	}
}

static void test_hostile(void **state)
{
	(void)state;
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60, 1, true);
	_cleanup_free_ char *html = written(write_html, &fixture.report);
	_cleanup_free_ char *xml = written(report_write_xml, &fixture.report);
	_cleanup_json_ json_t *json = report_to_json(&fixture.report);

	assert_non_null(json);
	assert_null(strstr(html, "<script>alert"));
	assert_null(strstr(html, "<!--"));
	assert_int_equal(count(html, "<script"), 3);
	assert_non_null(strstr(html, "&lt;/script&gt;&lt;script&gt;alert(1)"));
	assert_null(strstr(xml, "<script"));
	assert_null(strstr(xml, "]]>"));
	assert_printable(html);
	assert_printable(xml);
	fixture_report_done(&fixture);
}

static void test_week(void **state)
{
	(void)state;
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60480, 10, false);
	_cleanup_free_ char *html = written(write_html, &fixture.report);

	assert_in_range(strlen(html), 100000, 2 * 1024 * 1024 - 200 * 1024); /* dygraphs is extra */
	fixture_report_done(&fixture);
}

static void test_simulation(void **state)
{
	(void)state;
	static const struct report_text done[] = {{"PSI", "压力"}},
					missing[] = {{"CMA", "连续内存"}};
	static const struct report_simulation simulation = {
		.summary = {"258 MiB taken <whole>", "取走 258 MiB"},
		.reproduced = done,
		.missing = missing,
		.n_reproduced = 1,
		.n_missing = 1,
	};
	struct fixture_report fixture;
	fixture_report_init(&fixture, 60, 1, false);
	_cleanup_json_ json_t *before = report_to_json(&fixture.report);
	assert_true(json_is_null(json_object_get(before, "simulation")));
	fixture.report.simulation = &simulation;
	_cleanup_free_ char *html = written(write_html, &fixture.report);
	_cleanup_free_ char *table = written(report_write_table, &fixture.report);
	_cleanup_json_ json_t *json = report_to_json(&fixture.report);

	assert_non_null(strstr(html, "258 MiB taken &lt;whole&gt;"));
	assert_non_null(strstr(html, "连续内存"));
	assert_non_null(strstr(table, "not reproduced\n      CMA"));
	json_t *texts = json_object_get(json_object_get(json, "simulation"), "not_reproduced");
	assert_string_equal(json_string_value(json_array_get(texts, 0)), "CMA");
	fixture_report_done(&fixture);
}

static void test_figures(void **state)
{
	(void)state;
	char text[SPELL_TEXT_MAX];

	assert_string_equal(spell_number(29.974, text), "29.97");
	assert_string_equal(spell_number(0.0123, text), "0.012");
	assert_string_equal(spell_number(2345.6, text), "2346");
	assert_string_equal(spell_number(75, text), "75");
	assert_string_equal(spell_number(NAN, text), "-");
	assert_string_equal(spell_value(NAN, "fps", text), "-");
	assert_string_equal(spell_value(-1e300, "MiB", text), "-1.00e+300 MiB");
	assert_string_equal(spell_duration(45, text), "45 s");
	assert_string_equal(spell_duration(540, text), "9 min");
	assert_string_equal(spell_duration(84600, text), "23.5 h");
	assert_string_equal(spell_duration(604800, text), "7.0 d");
	assert_string_equal(spell_time(0, text), "1970-01-01 00:00:00 UTC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_week),
		cmocka_unit_test(test_simulation),
		cmocka_unit_test(test_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
