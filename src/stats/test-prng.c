#include "stats/prng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of the authors' own programs. */
static void test_reference(void **state)
{
	(void)state;
	static const uint64_t seeded[] = {UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431)};
	static const uint64_t wanted[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240),
		UINT64_C(1216172134540287360), UINT64_C(607988272756665600)};
	struct prng prng;

	prng_init(&prng, 1234567);
	assert_memory_equal(prng.state, seeded, sizeof(seeded));
	prng = (struct prng){{1, 2, 3, 4}};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_true(prng_next(&prng) == wanted[i]);
	}
}

static void test_below_is_uniform(void **state)
{
	(void)state;
	size_t counts[7] = {0};
	struct prng prng;

	prng_init(&prng, 0);
	for (size_t i = 0; i < 70000; i++) {
		uint32_t value = prng_below(&prng, 7);
		assert_in_range(value, 0, 6);
		counts[value]++;
	}
	for (size_t i = 0; i < 7; i++) {
		assert_in_range(counts[i], 9600, 10400); /* four standard deviations */
	}
	assert_int_equal(prng_below(&prng, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_below_is_uniform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
