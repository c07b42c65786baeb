#include "watch/alert/message.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"
#include "watch/alert/state.h"

static struct tree tree;
static struct alert_rule rule;
static struct alert_state status;
static struct system_sample sample;
static struct process_sample processes;
static struct large_process largest[LARGEST_MAX];
static struct message message;
static char buffer[ENVIRONMENT_SIZE];
static struct text text;

static void make_message(const char *when)
{
	for (int i = 0; i < SYSTEM_FIGURE_COUNT; i++) {
		sample.values[i] = NAN;
	}
	sample.values[FIGURE_MEMORY_USED_PERCENT] = 91.25;
	sample.values[FIGURE_MEMORY_TOTAL] = 4294967296.0;
	sample.time.taken_unix_ms = 1795807260000;
	memset(&processes, 0, sizeof(processes));
	processes.n = 1;
	snprintf(processes.entries[0].name, sizeof(processes.entries[0].name), "my-app");
	processes.entries[0].values[PROCESS_PSS] = 4096.0;
	alert_rule_init(&rule, "memory");
	assert_int_equal(condition_parse(when, &rule.when, NULL), 0);
	snprintf(rule.mail, sizeof(rule.mail), "root");
	status = (struct alert_state){.is_active = true, .raised_unix_ms = 1795807200000};
	largest[0] = (struct large_process){.pid = 7, .comm = "hog", .bytes = 3ULL << 30};
	message = (struct message){.rule = &rule,
		.state = &status,
		.event = ALERT_EVENT_RAISED,
		.system = &sample,
		.processes = &processes,
		.largest = largest,
		.n_largest = 1};
	text_init(&text, buffer, sizeof(buffer));
}

static void test_says_what_is_wrong(void **state)
{
	(void)state;

	make_message("memory.used_percent > 85 and vm.oom_kills > 0");
	message_write(&text, &message);
	assert_non_null(strstr(buffer, "memory.used_percent is 91.2 (> 85)"));
	assert_non_null(strstr(buffer, "vm.oom_kills is - (> 0)"));
	assert_non_null(strstr(buffer, "2026-11-27T19:20:00Z"));
	assert_non_null(strstr(buffer, "stalled by memory -/-%"));
	assert_non_null(strstr(buffer, "hog (7) 3.0G"));
	assert_null(strchr(buffer, '\n'));
}

static void test_writes_a_mail(void **state)
{
	(void)state;

	make_message("memory.used_percent > 85");
	message_write_mail(&text, &message, "board");
	assert_memory_equal(buffer, "To: root\nSubject: board: alert memory raised\n", 44);
	const char *body = strstr(buffer, "\n\n");
	assert_non_null(body);
	assert_non_null(strstr(body, "\nmemory.total_bytes = 4294967296\n"));
	assert_non_null(strstr(body, "\nprocess.my-app.pss_bytes = 4096\n"));
	assert_non_null(strstr(body, "\nzram.ratio = -\n"));
}

static void test_encodes_headers(void **state)
{
	(void)state;

	text_init(&text, buffer, sizeof(buffer));
	message_add_header(&text, "plain");
	assert_string_equal(buffer, "plain");
	text_init(&text, buffer, sizeof(buffer));
	message_add_header(&text, "\xe5\x86\x85\xe5\xad\x98\xe5\x91\x8a\xe8\xad\xa6");
	assert_string_equal(buffer, "=?UTF-8?B?5YaF5a2Y5ZGK6K2m?=");
	text_init(&text, buffer, sizeof(buffer));
	message_add_header(&text, "\xc3\xa9");
	assert_string_equal(buffer, "=?UTF-8?B?w6k=?=");
	/* 22 characters of two bytes make 44: the word ends before the 23rd. */
	text_init(&text, buffer, sizeof(buffer));
	message_add_header(&text,
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9");
	const char *second = strstr(buffer, "?=\n =?UTF-8?B?");
	assert_non_null(second);
	assert_string_equal(second, "?=\n =?UTF-8?B?w6k=?=");
	assert_true(second - buffer + 2 <= 75);
}

static const char *find_variable(char **variables, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; variables[i]; i++) {
		if (strncmp(variables[i], name, length) == 0 && variables[i][length] == '=') {
			return variables[i] + length + 1;
		}
	}
	return NULL;
}

static void test_writes_an_environment(void **state)
{
	(void)state;
	char path[] = "PATH=/bin", old[] = "TWINLENS_ALERT=old";
	char *inherited[] = {path, old, NULL};
	char *variables[ENVIRONMENT_MAX];

	make_message("memory.used_percent > 85");
	message_write_environment(&text, &message, inherited, variables);
	assert_string_equal(find_variable(variables, "PATH"), "/bin");
	assert_string_equal(find_variable(variables, "TWINLENS_ALERT"), "memory");
	assert_string_equal(find_variable(variables, "TWINLENS_EVENT"), "raised");
	assert_string_equal(find_variable(variables, "TWINLENS_FIGURE"), "memory.used_percent");
	assert_string_equal(find_variable(variables, "TWINLENS_VALUE"), "91.250");
	assert_string_equal(find_variable(variables, "TWINLENS_LIMIT"), "85");
	assert_string_equal(find_variable(variables, "TWINLENS_MEMORY_TOTAL_BYTES"), "4294967296");
	assert_string_equal(find_variable(variables, "TWINLENS_PROCESS_MY_APP_PSS_BYTES"), "4096");
	assert_null(find_variable(variables, "TWINLENS_ZRAM_RATIO"));
	assert_non_null(find_variable(variables, "TWINLENS_MESSAGE"));

	text_init(&text, buffer, 64); /* what does not fit is left out, whole */
	message_write_environment(&text, &message, inherited, variables);
	assert_string_equal(find_variable(variables, "TWINLENS_ALERT"), "memory");
	assert_null(find_variable(variables, "TWINLENS_MESSAGE"));
}

static void test_an_environment_has_every_figure(void **state)
{
	(void)state;
	static char large[ENVIRONMENT_SIZE];
	static struct process_sample full;
	char *variables[ENVIRONMENT_MAX], name[128], home[] = "HOME=/", *inherited[200] = {NULL};
	const double value = 1e14;

	for (size_t i = 0; i < 199; i++) {
		inherited[i] = home;
	}
	make_message("memory.used_percent > 85");
	full.n = WATCH_PROCESSES_MAX;
	for (size_t i = 0; i < full.n; i++) {
		struct process_entry *entry = &full.entries[i];
		snprintf(entry->name, sizeof(entry->name), "%031zu", i);
		snprintf(entry->service, sizeof(entry->service), "%031zu", i);
		for (int j = 0; j < PROCESS_FIGURE_COUNT; j++) {
			entry->values[j] = value;
		}
		for (int j = 0; j < SERVICE_FIGURE_COUNT; j++) {
			entry->service_values[j] = value;
		}
	}
	full.server.n_cameras = WATCH_CAMERAS_MAX;
	for (size_t i = 0; i < full.server.n_cameras; i++) {
		struct camera_entry *camera = &full.server.cameras[i];
		snprintf(camera->name, sizeof(camera->name), "%031zu", i);
		for (int j = 0; j < CAMERA_FIGURE_COUNT; j++) {
			camera->values[j] = 2;
		}
	}
	message.processes = &full;
	text_init(&text, large, sizeof(large));
	message_write_environment(&text, &message, inherited, variables);
	snprintf(name, sizeof(name), "TWINLENS_SERVICE_%031d_CURRENT_BYTES",
		WATCH_PROCESSES_MAX - 1);
	assert_string_equal(find_variable(variables, name), "100000000000000");
	snprintf(name, sizeof(name), "TWINLENS_CAMERA_%031d_FPS", WATCH_CAMERAS_MAX - 1);
	assert_string_equal(find_variable(variables, name), "2.000");
}

static void test_finds_the_largest_processes(void **state)
{
	(void)state;
	static const unsigned kib[] = {5, 90, 7, 30, 1};
	struct large_process found[LARGEST_MAX];

	for (unsigned i = 0; i < 5; i++) {
		char path[32], status_text[128];
		snprintf(path, sizeof(path), "/proc/%u/status", 100 + i);
		snprintf(status_text, sizeof(status_text),
			"Name:\tp%u\nUmask:\t0022\nRssAnon:\t%u kB\nVmSwap:\t2 kB\n", i, kib[i]);
		tree_write(&tree, path, status_text);
	}
	tree_write(&tree, "/proc/105/status", "Name:\tkthreadd\nThreads:\t1\n");
	assert_int_equal(largest_find(&tree.root, found), 3);
	assert_int_equal(found[0].pid, 101);
	assert_string_equal(found[0].comm, "p1");
	assert_int_equal(found[0].bytes, 92 << 10);
	assert_int_equal(found[1].pid, 103);
	assert_int_equal(found[2].pid, 102);
	tree_remove(&tree, "/proc");
	assert_int_equal(largest_find(&tree.root, found), 0);
}

static void test_writes_the_state(void **state)
{
	(void)state;
	struct alert_rule rules[2];
	const struct alert_state states[2] = {{.is_active = false}, status};

	make_message("memory.used_percent > 85");
	rules[0] = rules[1] = rule;
	alert_state_write(&text, rules, states, 2, &sample, NULL, 1000000000, 3, "it \"failed\"");
	json_t *document = json_loads(buffer, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	const json_t *alerts = json_object_get(document, "alerts");
	assert_int_equal(json_array_size(alerts), 1);
	assert_true(json_real_value(json_object_get(json_array_get(alerts, 0), "value")) == 91.25);
	assert_int_equal(json_integer_value(json_object_get(document, "interval_ms")), 1000);
	assert_int_equal(json_integer_value(json_object_get(document, "actions_failed")), 3);
	assert_string_equal(
		json_string_value(json_object_get(document, "last_action_error")), "it \"failed\"");
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says_what_is_wrong),
		cmocka_unit_test(test_writes_a_mail),
		cmocka_unit_test(test_encodes_headers),
		cmocka_unit_test(test_writes_an_environment),
		cmocka_unit_test(test_an_environment_has_every_figure),
		tree_test(test_finds_the_largest_processes, &tree),
		cmocka_unit_test(test_writes_the_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
