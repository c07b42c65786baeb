#include "frame/pool.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void test_acquires_each_block_once(void **state)
{
	(void)state;
	struct frame_pool *pool;
	struct frame *frames[3];

	assert_int_equal(frame_pool_new(1000, 3, &pool), 0);
	for (int i = 0; i < 3; i++) {
		frames[i] = frame_pool_acquire(pool);
		assert_non_null(frames[i]);
		assert_int_equal(frames[i]->headroom, FRAME_HEADROOM);
		assert_int_equal(frames[i]->capacity, 1000);
		assert_int_equal((uintptr_t)frames[i]->data % 64, 0);
		memset(frames[i]->data - FRAME_HEADROOM, i + 1, FRAME_HEADROOM + 1000);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(*(frames[i]->data - FRAME_HEADROOM), i + 1);
		assert_int_equal(frames[i]->data[999], i + 1);
	}
	assert_null(frame_pool_acquire(pool));

	struct frame_pool_stats stats;
	frame_pool_get_stats(pool, &stats);
	assert_int_equal(stats.in_use, 3);
	assert_int_equal(stats.peak, 3);
	assert_int_equal(stats.exhausted, 1);

	uint8_t *data = frames[1]->data;
	assert_null(frame_unref(frames[1]));
	frames[1] = frame_pool_acquire(pool);
	assert_ptr_equal(frames[1]->data, data);
	for (int i = 0; i < 3; i++) {
		frame_unref(frames[i]);
	}
	frame_pool_free(pool);
}

static void test_counts_owners(void **state)
{
	(void)state;
	struct frame_pool *pool;
	struct frame_pool_stats stats;

	assert_int_equal(frame_pool_new(64, 1, &pool), 0);
	struct frame *frame = frame_pool_acquire(pool);
	struct frame *second = frame_ref(frame);
	frame_unref(frame);
	frame_pool_get_stats(pool, &stats);
	assert_int_equal(stats.in_use, 1);
	frame_unref(second);
	frame_pool_get_stats(pool, &stats);
	assert_int_equal(stats.in_use, 0);
	frame_pool_free(pool);
}

static void test_frames_outlive_the_pool(void **state)
{
	(void)state;
	struct frame_pool *pool;

	assert_int_equal(frame_pool_new(5000, 2, &pool), 0);
	struct frame *frame = frame_pool_acquire(pool);
	frame_pool_free(pool);
	memset(frame->data, 0xa5, 5000); /* still mapped; the sanitizer's leak check sees the end */
	frame_unref(frame);
}

static void test_untouched_pages_cost_nothing(void **state)
{
	(void)state;
	struct frame_pool *pool;
	const size_t bytes = 1 << 20;
	unsigned char resident[(FRAME_HEADROOM + (1 << 20)) / 4096 + 1];
	size_t n_resident = 0;

	assert_int_equal(frame_pool_new(bytes, 4, &pool), 0);
	struct frame *frame = frame_pool_acquire(pool);
	frame->data[0] = 1;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	assert_int_equal(
		mincore(frame->data - FRAME_HEADROOM, bytes + FRAME_HEADROOM, resident), 0);
	for (size_t i = 0; i < (bytes + FRAME_HEADROOM) / page; i++) {
		n_resident += resident[i] & 1;
	}
	assert_int_equal(n_resident, 1);
	frame_unref(frame);
	frame_pool_free(pool);
}

static void test_refuses_nonsense(void **state)
{
	(void)state;
	struct frame_pool *pool = NULL;

	assert_int_equal(frame_pool_new(0, 1, &pool), -EINVAL);
	assert_int_equal(frame_pool_new(1, 0, &pool), -EINVAL);
	assert_int_equal(frame_pool_new(SIZE_MAX, 64, &pool), -EINVAL);
	assert_null(pool);
	assert_null(frame_pool_free(NULL));
	assert_null(frame_unref(NULL));
}

static void *churn(void *pool)
{
	for (int i = 0; i < 20000; i++) {
		struct frame *frame = frame_pool_acquire(pool);
		if (frame) {
			frame->data[0] = (uint8_t)i;
			frame_ref(frame);
			frame_unref(frame);
			frame_unref(frame);
		}
	}
	return NULL;
}

static void test_threads_share_it(void **state)
{
	(void)state;
	struct frame_pool *pool;
	pthread_t threads[4];
	struct frame_pool_stats stats;

	assert_int_equal(frame_pool_new(64, 3, &pool), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, churn, pool), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
	}
	frame_pool_get_stats(pool, &stats);
	assert_int_equal(stats.in_use, 0);
	assert_true(stats.peak <= 3);
	frame_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acquires_each_block_once),
		cmocka_unit_test(test_counts_owners),
		cmocka_unit_test(test_frames_outlive_the_pool),
		cmocka_unit_test(test_untouched_pages_cost_nothing),
		cmocka_unit_test(test_refuses_nonsense),
		cmocka_unit_test(test_threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
