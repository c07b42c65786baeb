#include "watch/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"
#include "util/fixture-tree.h"

static struct tree tree;
static struct watch_settings settings;

static int parse(const char *text, struct error *err)
{
	watch_settings_init(&settings);
	return watch_settings_parse(&settings, text, strlen(text), "watch.conf", err);
}

static void test_has_defaults(void **state)
{
	(void)state;
	struct error err;

	assert_int_equal(parse("", &err), 0);
	assert_int_equal(settings.interval_ns, 60 * NSEC_PER_SEC);
	assert_string_equal(settings.log.path, "-");
	assert_string_equal(settings.samples.path, "");
	assert_int_equal(settings.log.rotate_bytes, 10 << 20);
	assert_int_equal(settings.log.keep, 8);
	assert_int_equal(settings.n_rules, 3);
	assert_int_equal(settings.n_targets, 1);
	assert_string_equal(settings.targets[0].name, "serve");
	assert_string_equal(settings.actions.sendmail, "/usr/sbin/sendmail");
}

static void test_reads_all_keys(void **state)
{
	(void)state;
	struct error err = {.text = ""};

	if (parse("[watch]\ninterval = 5s\nlog = /var/log/a\nsamples = -\ntextfile = /b.prom\n"
		  "state = /run/s\nrotate = 1M\nrotate_age = 7d\nkeep = 3\nname = mosquitto\n"
		  "sendmail = /bin/true\naction_timeout = 5s\naction_retry = 2s\n"
		  "action_attempts = 2\n"
		  "[alert:\xe5\x86\x85\xe5\xad\x98]\nwhen = memory.used_percent > 70 and "
		  "vm.oom_kills > 0\nclear = memory.used_percent < 60\nhold = 30s\nrepeat = 0\n"
		  "exec = /bin/a b\nmail = root\nsubject = \xe5\x86\x85\xe5\xad\x98\n"
		  "[alert:memory]\nhold = 1m\n",
		    &err) < 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(settings.interval_ns, 5 * NSEC_PER_SEC);
	assert_string_equal(settings.samples.path, "-");
	assert_int_equal(settings.samples.rotate_age_ns, 7 * 86400 * NSEC_PER_SEC);
	assert_int_equal(settings.log.keep, 3);
	assert_string_equal(settings.targets[1].comm, "mosquitto");
	assert_int_equal(settings.actions.attempts, 2);
	assert_int_equal(settings.n_rules, 2);
	const struct alert_rule *rule = &settings.rules[0];
	assert_int_equal(rule->when.n, 2);
	assert_true(rule->has_clear && rule->clear.terms[0].limit == 60.0);
	assert_int_equal(rule->hold_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(rule->repeat_ns, 0);
	assert_string_equal(rule->exec, "/bin/a b");
	/* A built-in rule need not be written again, and the others are gone. */
	rule = watch_settings_find_rule(&settings, "memory");
	assert_true(rule->when.terms[0].limit == 85.0);
	assert_int_equal(rule->hold_ns, 60 * NSEC_PER_SEC);
	assert_null(watch_settings_find_rule(&settings, "zram"));
}

static void test_refuses_errors_with_their_line(void **state)
{
	(void)state;
	static const char *const texts[] = {"[watch]\ninterval = 1ms\n",
		"[watch]\nlog = relative\n", "[watch]\nrotate = 1K\n", "[watch]\nkeep = 101\n",
		"[watch]\nwhat = 1\n", "[what]\n", "[alert:]\n", "[alert:a]\nwhen = 5\n",
		"[alert:a]\nwhat = 5\n", "[alert:a]\nmail =\n", "[alert:a]\nhold = 2d\n",
		"[watch]\naction_attempts = 0\n",
		"[watch]\nname = a_name_that_is_much_longer_than_what_fits\n",
		"[alert:zram]\n[alert:zram]\n", "[watch]\nstate = -\n"};
	struct error err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (parse(texts[i], &err) != -EINVAL) {
			fail_msg("%s: was taken", texts[i]);
		}
		assert_non_null(strstr(err.text, "watch.conf:"));
	}
	assert_int_equal(parse("[alert:a]\nhold = 1s\n", &err), -EINVAL);
	assert_non_null(strstr(err.text, "[alert:a]: when is missing"));
}

static void test_takes_the_command_line(void **state)
{
	(void)state;
	struct error err;

	assert_int_equal(parse("[alert:other]\nwhen = vm.oom_kills > 0\n", &err), 0);
	assert_int_equal(watch_settings_set_alert(&settings, "70%", &err), 0);
	assert_int_equal(settings.n_rules, 2);
	assert_true(settings.rules[1].when.terms[0].limit == 70.0);
	assert_int_equal(watch_settings_set_alert(&settings, "75", &err), 0);
	assert_int_equal(settings.n_rules, 2);
	assert_int_equal(watch_settings_set_alert(&settings, "0", &err), -EINVAL);
	assert_int_equal(watch_settings_set_alert(&settings, "100%", &err), -EINVAL);
	assert_int_equal(watch_settings_set_alert(&settings, "x", &err), -EINVAL);
	assert_int_equal(
		watch_settings_set_alert(&settings, "5 and vm.refaults > 1", &err), -EINVAL);
	assert_int_equal(watch_settings_add_pid(&settings, "1", &err), 0);
	assert_int_equal(settings.targets[1].pid, 1);
	assert_int_equal(watch_settings_add_pid(&settings, "0", &err), -EINVAL);
	assert_int_equal(watch_settings_add_pid(&settings, "x", &err), -EINVAL);
	for (size_t i = settings.n_targets; i < WATCH_PROCESSES_MAX; i++) {
		assert_int_equal(watch_settings_add_name(&settings, "a", &err), 0);
	}
	assert_int_equal(watch_settings_add_name(&settings, "a", &err), -EINVAL);
}

static void test_loads_a_file(void **state)
{
	(void)state;
	struct error err;
	char path[64];

	watch_settings_init(&settings);
	snprintf(path, sizeof(path), "%s/watch.conf", tree.folder);
	assert_int_equal(watch_settings_load(&settings, path, &err), -ENOENT);
	tree_write(&tree, "/watch.conf", "[watch]\ninterval = 2s\n");
	assert_int_equal(watch_settings_load(&settings, path, &err), 0);
	assert_int_equal(settings.interval_ns, 2 * NSEC_PER_SEC);
	tree_write(&tree, "/watch.conf", "[watch]\nx\n");
	assert_int_equal(watch_settings_load(&settings, path, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_defaults),
		cmocka_unit_test(test_reads_all_keys),
		cmocka_unit_test(test_refuses_errors_with_their_line),
		cmocka_unit_test(test_takes_the_command_line),
		tree_test(test_loads_a_file, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
