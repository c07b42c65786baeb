#include "server/websocket/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/clock.h"

static void test_every_field_in_its_place(void **state)
{
	static const uint8_t wanted[HEADER_BYTES] = {
		1, 1, 7, 1,                      /* version, kind, camera, has skipped */
		0x11, 0x12, 0x13, 0x14,          /* the low half of sequence */
		0, 0, 0, 0, 0, 0, 0x21, 0x22,    /* captured, us */
		0, 0, 0, 0, 0, 0x31, 0x32, 0x33, /* sent, us */
		0x02, 0x80, 0x01, 0xe0,          /* 640x480 */
		0x41, 0x42, 0x43, 0x44,          /* skipped */
	};
	const struct frame frame = {.sequence = 0xff11121314,
		.captured_ns = 0x2122 * NSEC_PER_USEC + 999,
		.width = 640,
		.height = 480};
	uint8_t header[HEADER_BYTES + 1];

	(void)state;
	memset(header, 0xee, sizeof(header));
	header_write(header, &frame, 7, true, 0x41424344, 0x313233 * NSEC_PER_USEC);
	assert_memory_equal(header, wanted, HEADER_BYTES);
	assert_int_equal(header[HEADER_BYTES], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
