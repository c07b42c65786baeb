#include "watch/alert/action.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"

static struct tree tree;
static struct actions actions;
static struct alert_rule rule;
static struct alert_state status;
static struct system_sample sample;
static int n_warnings, n_errors;

static void count_report(void *user, bool is_error, const char *text)
{
	assert_ptr_equal(user, &actions);
	assert_true(strlen(text) > 0);
	n_warnings += !is_error;
	n_errors += is_error;
}

static void start(const char *exec, const char *mail, uint64_t timeout_ns)
{
	struct action_settings settings = {
		.timeout_ns = timeout_ns, .retry_ns = 20 * NSEC_PER_MSEC, .attempts = 3};
	const struct message message = {
		.rule = &rule, .state = &status, .event = ALERT_EVENT_RAISED, .system = &sample};

	snprintf(settings.sendmail, sizeof(settings.sendmail), "%s/sendmail", tree.folder);
	n_warnings = 0;
	n_errors = 0;
	actions_init(&actions, &settings, count_report, &actions);
	alert_rule_init(&rule, "memory");
	assert_int_equal(condition_parse("memory.used_percent > 85", &rule.when, NULL), 0);
	snprintf(rule.exec, sizeof(rule.exec), "%s", exec);
	snprintf(rule.mail, sizeof(rule.mail), "%s", mail);
	actions_start(&actions, &message, "board", clock_now_ns());
}

/* Until nothing is to come. Returns how long it took. */
static uint64_t run(void)
{
	uint64_t begun_ns = clock_now_ns();

	while (actions_run(&actions, clock_now_ns()) != UINT64_MAX) {
		assert_true(clock_now_ns() - begun_ns < 20 * NSEC_PER_SEC);
		poll(NULL, 0, 5);
	}
	return clock_now_ns() - begun_ns;
}

static void test_runs_a_command_with_the_figures(void **state)
{
	(void)state;
	char command[ALERT_COMMAND_MAX];

	sample.values[FIGURE_MEMORY_USED_PERCENT] = 90.5;
	snprintf(command, sizeof(command),
		"echo $TWINLENS_ALERT $TWINLENS_MEMORY_USED_PERCENT > %.40s/out", tree.folder);
	start(command, "", 10 * NSEC_PER_SEC);
	run();
	assert_string_equal(tree_read(&tree, "/out"), "memory 90.500");
	assert_int_equal(n_warnings + n_errors, 0);
	actions_done(&actions);
}

static void test_tries_again_what_fails(void **state)
{
	(void)state;
	char command[ALERT_COMMAND_MAX];

	snprintf(command, sizeof(command), "echo x >> %.40s/out; test -e %.40s/go", tree.folder,
		tree.folder);
	start(command, "", 10 * NSEC_PER_SEC);
	assert_true(run() >= 60 * NSEC_PER_MSEC); /* 20 and 40 ms */
	assert_string_equal(tree_read(&tree, "/out"), "x\nx\nx");
	assert_int_equal(n_warnings, 2);
	assert_int_equal(n_errors, 1);
	assert_int_equal(actions.n_failed, 3);
	actions_done(&actions);
}

static void test_ends_what_hangs(void **state)
{
	(void)state;

	start("sleep 60 & sleep 60", "", 50 * NSEC_PER_MSEC);
	assert_true(run() < 10 * NSEC_PER_SEC);
	assert_int_equal(actions.n_failed, 3);
	assert_int_equal(n_errors, 1);
	actions_done(&actions);
}

static void test_sends_mail(void **state)
{
	(void)state;
	char path[64], script[256];

	snprintf(path, sizeof(path), "%s/sendmail", tree.folder);
	snprintf(script, sizeof(script),
		"#!/bin/sh\ntest -e %.40s/up || { touch %.40s/up; exit 75; }\ncat > %.40s/mail\n"
		"echo \"$@\" > %.40s/arguments\n",
		tree.folder, tree.folder, tree.folder, tree.folder);
	tree_write(&tree, "/sendmail", script);
	assert_int_equal(chmod(path, 0755), 0);
	start("", "root", 10 * NSEC_PER_SEC);
	run();
	assert_string_equal(tree_read(&tree, "/arguments"), "-i -t");
	assert_memory_equal(tree_read(&tree, "/mail"), "To: root\n", 9);
	assert_int_equal(actions.n_failed, 1);
	assert_int_equal(n_errors, 0);
	actions_done(&actions);
}

static void test_reports_a_program_that_is_missing(void **state)
{
	(void)state;

	start("", "root", 10 * NSEC_PER_SEC);
	run();
	assert_int_equal(n_errors, 1);
	assert_non_null(strstr(actions.last_error, "No such file"));
	actions_done(&actions);
}

static void test_limits_how_many_run(void **state)
{
	(void)state;
	const struct message message = {
		.rule = &rule, .state = &status, .event = ALERT_EVENT_RAISED, .system = &sample};

	start("sleep 60", "", 10 * NSEC_PER_SEC);
	for (int i = 1; i <= ACTIONS_MAX; i++) {
		actions_start(&actions, &message, "board", clock_now_ns());
	}
	assert_int_equal(n_errors, 1);
	actions_done(&actions); /* ends them */
	assert_int_equal(actions_run(&actions, clock_now_ns()), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_runs_a_command_with_the_figures, &tree),
		tree_test(test_tries_again_what_fails, &tree),
		tree_test(test_ends_what_hangs, &tree),
		tree_test(test_sends_mail, &tree),
		tree_test(test_reports_a_program_that_is_missing, &tree),
		tree_test(test_limits_how_many_run, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
