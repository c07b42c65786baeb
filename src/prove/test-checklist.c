#include "prove/checklist.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "prove/criteria.h"

static struct report_criterion criteria[CRITERIA_COUNT];
static struct report_item items[CHECKLIST_COUNT];

static void judge(const struct checklist_facts *facts)
{
	const struct prove_run empty = {.stage = facts->stage, .startup.seconds = NAN};

	criteria_judge(&empty, NULL, criteria);
	criteria[1].state = REPORT_STATE_PASS; /* F2 */
	checklist_judge(facts, criteria, CRITERIA_COUNT, items);
}

static void assert_found(const char *found)
{
	char ids[128] = "";

	for (size_t i = 0; i < CHECKLIST_COUNT; i++) {
		if (items[i].box == REPORT_BOX_FOUND) {
			strcat(ids, ids[0] ? " " : "");
			strcat(ids, items[i].id);
		}
	}
	assert_string_equal(ids, found);
}

static void test_tuned_board(void **state)
{
	(void)state;
	const struct checklist_facts facts = {
		.stage = PROVE_STAGE_HARDWARE,
		.memory_bytes = 3838.0 * 1024 * 1024,
		.zram_table_bytes = 4.0 * 1024 * 1024,
		.is_tuned = true,
		.n_services = 4,
		.n_sysctls = 4,
		.pool_blocks = 12,
		.pool_block_bytes = 921600,
		.n_cameras = 2,
		.is_watched = true,
	};

	judge(&facts);
	assert_found("C01 C02 C03 C04 C06 C08 C12 C13 C14 C15");
	assert_string_equal(items[0].evidence.en, "1024 MiB of swap in zram");
	for (const char *const *id = (const char *const[]){"C05", "C16", "C17", NULL}; *id; id++) {
		assert_int_equal(items[(*id)[1] == '0'     ? 4
					 : (*id)[2] == '6' ? 15
							   : 16]
					 .box,
			REPORT_BOX_SIGNATURE);
	}
}

static void test_untouched_machine(void **state)
{
	(void)state;
	const struct checklist_facts facts = {
		.stage = PROVE_STAGE_BASELINE,
		.memory_bytes = 7.7 * 1024 * 1024 * 1024,
		.pool_blocks = 40,
		.pool_block_bytes = 921600,
		.n_cameras = 2,
	};

	judge(&facts);
	assert_found("C04 C08");
}

static void test_large_board_is_no_4_gb_hardware(void **state)
{
	(void)state;
	const struct checklist_facts facts = {
		.stage = PROVE_STAGE_HARDWARE, .memory_bytes = 7.7 * 1024 * 1024 * 1024};

	judge(&facts);
	assert_found("C08");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tuned_board),
		cmocka_unit_test(test_untouched_machine),
		cmocka_unit_test(test_large_board_is_no_4_gb_hardware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
