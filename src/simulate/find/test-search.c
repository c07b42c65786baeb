#include "simulate/find/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

static uint64_t find(uint64_t begin, uint64_t needed, unsigned *ret_tries)
{
	struct search search;
	uint64_t next;

	*ret_tries = 0;
	search_begin(&search, begin);
	while ((next = search_next(&search)) > 0) {
		assert_true(next < search.held_bytes);
		search_note(&search, next, next >= needed);
		(*ret_tries)++;
		assert_true(*ret_tries < 100);
	}
	return search.held_bytes;
}

static void test_finds_what_is_needed(void **state)
{
	(void)state;
	unsigned tries;

	for (uint64_t needed = 2 * MIB; needed < 100 * MIB; needed += MIB) {
		uint64_t found = find(100 * MIB, needed, &tries);
		assert_in_range(found, needed, needed + needed / 32);
		assert_in_range(tries, 1, 45);
	}
}

static void test_needs_few_tries_when_it_begins_near(void **state)
{
	(void)state;
	unsigned tries;

	assert_in_range(find(20 * MIB, 14 * MIB, &tries), 14 * MIB, 14 * MIB + MIB / 2);
	assert_in_range(tries, 1, 8);
}

static void test_ends_at_one_mebibyte(void **state)
{
	(void)state;
	unsigned tries;

	assert_in_range(find(20 * MIB, 0, &tries), MIB, 2 * MIB);
}

/* It held with less than where it failed: the answer stays the least at which it held. */
static void test_takes_contradictions(void **state)
{
	(void)state;
	struct search search;

	search_begin(&search, 100 * MIB);
	search_note(&search, 90 * MIB, true);
	search_note(&search, 95 * MIB, false);
	assert_int_equal(search.failed_bytes, 0);
	search_note(&search, 80 * MIB, false);
	search_note(&search, 70 * MIB, false);
	assert_int_equal(search.failed_bytes, 80 * MIB);
	assert_int_equal(search.held_bytes, 90 * MIB);
	assert_int_equal(search_next(&search), 85 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_what_is_needed),
		cmocka_unit_test(test_needs_few_tries_when_it_begins_near),
		cmocka_unit_test(test_ends_at_one_mebibyte),
		cmocka_unit_test(test_takes_contradictions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
