#include "metrics/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Small blocks and mapped ones are counted, and counted back. */
static void test_counts_what_is_allocated(void **state)
{
	(void)state;
	static void *volatile blocks[101];
	uint64_t before = heap_in_use_bytes();

	if (before == 0) {
		skip(); /* a sanitizer's allocator */
	}
	for (int i = 0; i < 100; i++) {
		blocks[i] = malloc(1000);
	}
	blocks[100] = malloc(8 << 20);
	uint64_t with = heap_in_use_bytes();
	assert_in_range(with - before, 100 * 1000 + (8 << 20), 100 * 1100 + (9 << 20));
	for (int i = 0; i < 101; i++) {
		free(blocks[i]);
	}
	assert_in_range(heap_in_use_bytes(), before, before + 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_what_is_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
