#include "watch/record/ring.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_readable(const struct ring *ring)
{
	struct pollfd event = {.fd = ring->event_fd, .events = POLLIN};

	return poll(&event, 1, 0) == 1;
}

static void test_keeps_the_order_and_counts_what_is_lost(void **state)
{
	(void)state;
	const int left[] = {2, 3, 6};
	int slots[3], item;
	struct ring ring;

	assert_int_equal(ring_init(&ring, slots, sizeof(int), 3), 0);
	assert_false(is_readable(&ring));
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(ring_give(&ring, &i), i <= 3);
	}
	assert_true(is_readable(&ring));
	assert_int_equal(ring_take_lost(&ring), 2);
	assert_int_equal(ring_take_lost(&ring), 0);
	assert_true(ring_take(&ring, &item));
	assert_int_equal(item, 1);
	assert_true(ring_give(&ring, &(int){6}));
	for (int i = 0; i < 3; i++) {
		assert_true(ring_take(&ring, &item));
		assert_int_equal(item, left[i]);
	}
	assert_false(ring_take(&ring, &item));
	assert_false(is_readable(&ring));
	ring_done(&ring);
}

static void test_begins_again_at_the_first_slot(void **state)
{
	(void)state;
	int slots[4] = {0}, item;
	struct ring ring;

	assert_int_equal(ring_init(&ring, slots, sizeof(int), 4), 0);
	for (int i = 1; i <= 9; i++) {
		assert_true(ring_give(&ring, &i));
		assert_true(ring_take(&ring, &item));
	}
	assert_int_equal(slots[0], 9);
	assert_int_equal(slots[1], 0);
	ring_done(&ring);
}

static void *give_many(void *data)
{
	for (uint64_t i = 1; i <= 20000; i++) {
		while (!ring_give(data, &i)) {
		}
	}
	return NULL;
}

static void test_passes_between_threads(void **state)
{
	(void)state;
	uint64_t slots[8], last = 0, item;
	struct ring ring;
	pthread_t thread;

	assert_int_equal(ring_init(&ring, slots, sizeof(uint64_t), 8), 0);
	assert_int_equal(pthread_create(&thread, NULL, give_many, &ring), 0);
	while (last < 20000) {
		struct pollfd event = {.fd = ring.event_fd, .events = POLLIN};
		assert_true(poll(&event, 1, 10000) == 1); /* no wake-up is missed */
		while (ring_take(&ring, &item)) {
			assert_int_equal(item, last + 1);
			last = item;
		}
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	ring_done(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_the_order_and_counts_what_is_lost),
		cmocka_unit_test(test_begins_again_at_the_first_slot),
		cmocka_unit_test(test_passes_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
