#include "profile/memory-map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define KIB UINT64_C(1024)

static const struct sysroot captured = {.path = FIXTURES "/process/two-threads"};

static void test_sums_of_a_server(void **state)
{
	(void)state;
	_cleanup_smaps_ struct smaps smaps = {0};
	struct memory_sums sums;
	enum mapping_kind order[MAPPING_KIND_COUNT];

	assert_int_equal(
		smaps_read(&captured, 1234, "/usr/libexec/twinlens/twinlens-serve", &smaps), 0);
	memory_map_sum(&smaps, &sums);
	assert_int_equal(sums.all.n, 42);
	assert_int_equal(sums.all.pss_bytes, 1366 * KIB);
	assert_int_equal(sums.all.rss_bytes, 3584 * KIB);
	memory_map_order(&sums, order);
	assert_int_equal(order[0], MAPPING_KIND_FRAME);
	assert_int_equal(order[1], MAPPING_KIND_LIBRARY);
	assert_int_equal(order[2], MAPPING_KIND_CODE);
	for (size_t i = 1; i < MAPPING_KIND_COUNT; i++) {
		assert_true(sums.kinds[order[i - 1]].pss_bytes >= sums.kinds[order[i]].pss_bytes);
	}
}

static void test_device_buffers_are_named_beside_pss(void **state)
{
	(void)state;
	struct mapping mappings[] = {
		{.start = 0x1000,
			.end = 0x97000,
			.kind = MAPPING_KIND_DEVICE,
			.name = "/dev/video0"},
		{.start = 0x97000, .end = 0x98000, .kind = MAPPING_KIND_HEAP, .pss_bytes = 4 * KIB},
	};
	const struct smaps smaps = {.mappings = mappings, .n = 2};
	struct memory_sums sums;
	char *text = NULL;
	size_t size;

	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	memory_map_sum(&smaps, &sums);
	memory_map_print(file, &smaps, &sums);
	fclose(file);
	assert_int_equal(sums.all.pss_bytes, 4 * KIB);
	assert_non_null(strstr(text, "600 KiB are mapped, 0 KiB"));
	assert_non_null(strstr(text, "/dev/video0"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_of_a_server),
		cmocka_unit_test(test_device_buffers_are_named_beside_pss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
