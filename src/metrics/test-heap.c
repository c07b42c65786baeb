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

/* Every other block is freed: the holes stay with the heap. */
static void test_counts_holes(void **state)
{
	(void)state;
	static void *volatile blocks[200];
	uint64_t before = heap_free_bytes();

	if (heap_in_use_bytes() == 0) {
		skip(); /* a sanitizer's allocator */
	}
	for (int i = 0; i < 200; i++) {
		blocks[i] = malloc(2000);
	}
	uint64_t full = heap_free_bytes();
	for (int i = 0; i < 200; i += 2) {
		free(blocks[i]);
	}
	assert_in_range(heap_free_bytes() - full, 100 * 1900, 100 * 2100);
	for (int i = 1; i < 200; i += 2) {
		free(blocks[i]);
	}
	assert_in_range(heap_free_bytes(), 0, before + 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_what_is_allocated),
		cmocka_unit_test(test_counts_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
