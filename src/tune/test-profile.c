#include "tune/profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"

static struct profile *parse(const char *text)
{
	struct profile *profile = NULL;
	struct error err = {0};

	if (profile_parse_text(text, strlen(text), "t.conf", &profile, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return profile;
}

static const char *value_of(const struct profile *profile, const char *key)
{
	for (size_t i = 0; i < profile->n_sysctls; i++) {
		if (strcmp(profile->sysctls[i].key, key) == 0) {
			return profile->sysctls[i].value;
		}
	}
	return "none";
}

/* The guide's values are a contract: a change of the profile that loses one must fail here. */
static void guide_has_the_values_of_the_guide(void **state)
{
	(void)state;
	_cleanup_free_ struct profile *profile = NULL;
	static const char *const units[] = {"bluetooth.service", "cups.service",
		"avahi-daemon.service", "ModemManager.service"};

	assert_int_equal(profile_load("guide", &profile, NULL), 0);
	assert_int_equal(profile->zram.size_bytes, 1 << 30);
	assert_string_equal(profile->zram.algorithms[0], "lz4");
	assert_int_equal(profile->zram.n_algorithms, 3);
	assert_int_equal(profile->zram.priority, 10);
	assert_int_equal(profile->n_sysctls, 4);
	assert_string_equal(value_of(profile, "vm.swappiness"), "60");
	assert_string_equal(value_of(profile, "vm.dirty_ratio"), "15");
	assert_string_equal(value_of(profile, "vm.dirty_background_ratio"), "5");
	assert_string_equal(value_of(profile, "vm.overcommit_memory"), "1");
	assert_int_equal(profile->cache_drop, 1);
	assert_int_equal(profile->n_services, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(profile->services[i].unit, units[i]);
		assert_false(profile->services[i].is_named);
	}
	assert_non_null(strstr(profile_find_note(profile, "vm.swappiness")->source, "vm.rst"));
}

static void zram_follows_the_evidence(void **state)
{
	(void)state;
	_cleanup_free_ struct profile *profile = NULL;

	assert_int_equal(profile_load("zram", &profile, NULL), 0);
	assert_string_equal(value_of(profile, "vm.swappiness"), "180");
	assert_string_equal(value_of(profile, "vm.page-cluster"), "0");
	assert_string_equal(value_of(profile, "vm.watermark_boost_factor"), "0");
	assert_string_equal(value_of(profile, "vm.watermark_scale_factor"), "125");
	assert_string_equal(value_of(profile, "vm.overcommit_memory"), "none");
	assert_int_equal(profile->cache_drop, 0);
	for (size_t i = 0; i < profile->n_notes; i++) {
		assert_string_equal(profile->notes[i].evidence, "");
	}
}

static void names_services(void **state)
{
	(void)state;
	_cleanup_free_ struct profile *profile = parse("[services]\ndisable = a b.socket\n");
	struct error err = {0};

	assert_int_equal(profile_add_service(profile, "a.service", &err), 0);
	assert_int_equal(profile_add_service(profile, "NetworkManager", &err), 0);
	assert_int_equal(profile->n_services, 3);
	assert_true(profile->services[0].is_named);
	assert_string_equal(profile->services[1].unit, "b.socket");
	assert_false(profile->services[1].is_named);
	assert_string_equal(profile->services[2].unit, "NetworkManager.service");
	assert_true(profile->services[2].is_named);
	assert_int_equal(profile_add_service(profile, "../x", &err), -EINVAL);
	assert_int_equal(profile_add_service(profile, "", &err), -EINVAL);
}

static void refuses_and_says_why(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"[zram]\nsize = 1\nalgorithm = lz4\n", "must be 1M to 1024G"},
		{"[zram]\nsize = 1G\n", "algorithm is missing"},
		{"[zram]\nalgorithm = lz4\n", "size is missing"},
		{"[zram]\nalgorithm = lz4 zstd\n", "must be one"},
		{"[zram]\nfallback = lz4\n", "after algorithm"},
		{"[zram]\npriority = 32768\n", "0 to 32767"},
		{"[zram]\npriority = -1\n", "0 to 32767"},
		{"[zram]\nzswap = on\n", "off or keep"},
		{"[sysctl]\nkernel.panic = 1\n", "must be vm.NAME"},
		{"[sysctl]\nvm.a/../../x = 1\n", "must be vm.NAME"},
		{"[sysctl]\nvm.swappiness = x\n", "must be a number"},
		{"[sysctl]\nvm.swappiness = 061\n", "must be a number in decimal"},
		{"[sysctl]\nvm.swappiness =\n", "must not be empty"},
		{"[sysctl]\nvm.drop_caches = 1\n", "see [cache]"},
		{"[sysctl]\nvm.a = 1\nvm.a = 1\n", "t.conf:3: [sysctl] vm.a = 1: is given twice"},
		{"[sysctl]\nvm.dirty_ratio = 1\nvm.dirty_bytes = 4096\n",
			"vm.dirty_bytes = 4096: excludes vm.dirty_ratio"},
		{"[sysctl]\nvm.dirty_background_bytes = 4096\nvm.dirty_background_ratio = 1\n",
			"excludes vm.dirty_background_bytes"},
		{"[cache]\ndrop = 4\n", "0 to 3"},
		{"[services]\ndisable = a/b\n", "name of a unit"},
		{"[services]\nstop = a\n", "must be disable"},
		{"[evidence]\nvm.a = b\n", "[source] vm.a is missing"},
		{"[nonsense]\n", "t.conf:1: [nonsense]: must be profile"},
		{"vm.a = 1\n", "a [section] must come first"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile = NULL;
		struct error err = {0};
		int r = profile_parse_text(
			cases[i].text, strlen(cases[i].text), "t.conf", &profile, &err);
		if (r != -EINVAL || profile || !strstr(err.text, cases[i].says)) {
			fail_msg("%s gives %d, %s", cases[i].text, r, err.text);
		}
	}
}

static void names_profiles_that_there_are(void **state)
{
	(void)state;
	struct profile *profile = NULL;
	struct error err = {0};

	assert_int_equal(profile_load("none", &profile, &err), -ENOENT);
	assert_string_equal(
		err.text, "profile none: must be guide, zram, or a file with a / in its name");
	assert_int_equal(profile_load("./none", &profile, &err), -ENOENT);
	assert_int_equal(profile_load("/proc", &profile, &err), -EISDIR);
	assert_null(profile);
}

static void loads_a_file_by_its_absolute_path(void **state)
{
	(void)state;
	_cleanup_free_ struct profile *profile = NULL;

	assert_int_equal(
		profile_load(SOURCE_ROOT "/src/../data/profiles/zram.conf", &profile, NULL), 0);
	assert_string_equal(profile->name, SOURCE_ROOT "/data/profiles/zram.conf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guide_has_the_values_of_the_guide),
		cmocka_unit_test(zram_follows_the_evidence),
		cmocka_unit_test(names_services),
		cmocka_unit_test(refuses_and_says_why),
		cmocka_unit_test(names_profiles_that_there_are),
		cmocka_unit_test(loads_a_file_by_its_absolute_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
