#include "hub/hub.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct hub *hub;
	struct hub_slot *slot;
	unsigned notified, demanded;
};

static void count(void *userdata)
{
	++*(unsigned *)userdata;
}

static int setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	assert_int_equal(hub_new(&fixture.hub), 0);
	assert_int_equal(hub_add(fixture.hub, "cam0", &fixture.slot), 0);
	hub_set_notify(fixture.hub, count, &fixture.notified);
	hub_slot_set_demand(fixture.slot, count, &fixture.demanded);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	f->hub = hub_free(f->hub);
	return 0;
}

static unsigned n_released;

static void release(struct frame *frame)
{
	(void)frame;
	n_released++;
}

static void test_publishing_replaces(void **state)
{
	struct fixture *f = *state;
	struct frame a = {0}, b = {0};
	uint64_t number;

	n_released = 0;
	frame_init(&a, release);
	frame_init(&b, release);
	assert_null(hub_slot_latest(f->slot, &number));
	assert_int_equal(number, 0);

	hub_slot_publish(f->slot, &a);
	struct frame *held = hub_slot_latest(f->slot, &number);
	assert_ptr_equal(held, &a);
	assert_int_equal(number, 1);
	hub_slot_publish(f->slot, &b);
	assert_int_equal(n_released, 0); /* a is held */
	frame_unref(held);
	assert_int_equal(n_released, 1);
	assert_int_equal(hub_slot_latest_number(f->slot), 2);
	assert_int_equal(f->notified, 2);

	hub_slot_clear(f->slot);
	assert_int_equal(n_released, 2);
	assert_int_equal(hub_slot_latest_number(f->slot), 0);
	frame_init(&a, release);
	hub_slot_publish(f->slot, &a);
	assert_int_equal(hub_slot_latest_number(f->slot), 3); /* numbers go on */
	hub_slot_clear(f->slot);                              /* a goes with this function */
}

static void test_demand_is_first_and_last(void **state)
{
	struct fixture *f = *state;

	assert_false(hub_slot_is_watched(f->slot));
	hub_slot_watch(f->slot);
	hub_slot_watch(f->slot);
	assert_int_equal(f->demanded, 1);
	hub_slot_unwatch(f->slot);
	assert_true(hub_slot_is_watched(f->slot));
	assert_int_equal(f->demanded, 1);
	hub_slot_unwatch(f->slot);
	assert_int_equal(f->demanded, 2);
	hub_slot_set_demand(f->slot, NULL, NULL);
	hub_slot_watch(f->slot);
	assert_int_equal(f->demanded, 2);
	hub_slot_unwatch(f->slot);
}

static void test_a_change_of_state_notifies(void **state)
{
	struct fixture *f = *state;
	struct camera_info info = {.state = CAMERA_STATE_LOST, .fps = 3}, read;

	hub_slot_set_info(f->slot, &info);
	hub_slot_set_info(f->slot, &info);
	assert_int_equal(f->notified, 1);
	assert_int_equal(hub_state_changes(f->hub), 1);
	hub_slot_get_info(f->slot, &read);
	assert_int_equal(read.state, CAMERA_STATE_LOST);
	assert_true(read.fps == 3);
}

static void test_slots_have_the_lowest_free_index(void **state)
{
	struct fixture *f = *state;
	struct hub_slot *slots[HUB_SLOTS_MAX];
	struct hub_slot *more;
	char name[8];

	assert_int_equal(hub_add(f->hub, "cam0", &more), -EEXIST);
	for (unsigned i = 1; i < HUB_SLOTS_MAX; i++) {
		snprintf(name, sizeof(name), "cam%u", i);
		assert_int_equal(hub_add(f->hub, name, &slots[i]), 0);
		assert_int_equal(hub_slot_index(slots[i]), i);
	}
	assert_int_equal(hub_add(f->hub, "more", &more), -ENOSPC);
	hub_remove(f->hub, slots[3]);
	assert_null(hub_get(f->hub, 3));
	assert_null(hub_find(f->hub, "cam3"));
	assert_int_equal(hub_add(f->hub, "more", &more), 0);
	assert_int_equal(hub_slot_index(more), 3);
	assert_ptr_equal(hub_find(f->hub, "more"), more);
	assert_null(hub_get(f->hub, HUB_SLOTS_MAX));
}

#define N_FRAMES 50000

static struct frame ring[4];
static atomic_uint ring_free = 0xf;

static void release_to_ring(struct frame *frame)
{
	atomic_fetch_or(&ring_free, 1U << (frame - ring));
}

static void *publish_many(void *userdata)
{
	struct hub_slot *slot = userdata;

	for (uint64_t i = 1; i <= N_FRAMES;) {
		unsigned free_ones = atomic_load(&ring_free);
		if (!free_ones) {
			continue;
		}
		unsigned n = (unsigned)__builtin_ctz(free_ones);
		atomic_fetch_and(&ring_free, ~(1U << n));
		frame_init(&ring[n], release_to_ring);
		ring[n].sequence = i++;
		hub_slot_publish(slot, &ring[n]);
	}
	return NULL;
}

static void test_readers_see_frames_in_order(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	uint64_t number, last = 0;

	hub_set_notify(f->hub, NULL, NULL);
	assert_int_equal(pthread_create(&thread, NULL, publish_many, f->slot), 0);
	while (last < N_FRAMES) {
		struct frame *frame = hub_slot_latest(f->slot, &number);
		if (!frame) {
			continue;
		}
		assert_true(number >= last);
		assert_int_equal(frame->sequence, number);
		last = number;
		frame_unref(frame);
	}
	pthread_join(thread, NULL);
	hub_slot_clear(f->slot);
	assert_int_equal(atomic_load(&ring_free), 0xf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_publishing_replaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_demand_is_first_and_last, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_change_of_state_notifies, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_slots_have_the_lowest_free_index, setup, teardown),
		cmocka_unit_test_setup_teardown(test_readers_see_frames_in_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
