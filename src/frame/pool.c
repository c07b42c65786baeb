/*
 * One anonymous mapping holds all blocks, so that the kernel gives pages only to what is written.
 * The frames stand in a table of their own: acquiring one touches no page of its block.
 *
 * The pool counts itself: one owner for whoever made it and one for each frame that is out. So a
 * camera may end while the server still holds its last frame.
 */
#include "frame/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "util/cleanup.h"

#define POOL_BYTES_MAX ((size_t)1 << 32)

struct block {
	struct frame frame; /* first, so that a frame is its block */
	struct frame_pool *pool;
	struct block *next_free;
};

struct frame_pool {
	pthread_mutex_t lock; /* of all below */
	bool is_given_up;
	struct block *free_list;
	struct frame_pool_stats stats;

	uint8_t *memory;
	size_t memory_bytes, step_bytes;
	struct block blocks[];
};

/* Payloads start on cache lines: FRAME_HEADROOM is a multiple of 64. */
static size_t block_step(size_t block_bytes)
{
	return FRAME_HEADROOM + ((block_bytes + 63) & ~(size_t)63);
}

size_t frame_pool_worst_bytes(size_t block_bytes, unsigned blocks)
{
	return block_step(block_bytes) * blocks + sizeof(struct block) * blocks +
	       sizeof(struct frame_pool);
}

static void pool_destroy(struct frame_pool *pool)
{
	munmap(pool->memory, pool->memory_bytes);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static void block_release(struct frame *frame)
{
	struct block *block = (struct block *)frame;
	struct frame_pool *pool = block->pool;

	pthread_mutex_lock(&pool->lock);
	block->next_free = pool->free_list;
	pool->free_list = block;
	pool->stats.in_use--;
	bool is_last = pool->is_given_up && pool->stats.in_use == 0;
	pthread_mutex_unlock(&pool->lock);
	if (is_last) {
		pool_destroy(pool);
	}
}

int frame_pool_new(size_t block_bytes, unsigned blocks, struct frame_pool **ret_pool)
{
	if (block_bytes == 0 || blocks == 0 || block_bytes > POOL_BYTES_MAX / blocks) {
		return -EINVAL;
	}
	struct frame_pool *pool = calloc(1, sizeof(*pool) + sizeof(struct block) * blocks);
	if (!pool) {
		return -ENOMEM;
	}
	pool->step_bytes = block_step(block_bytes);
	pool->memory_bytes = pool->step_bytes * blocks;
	pool->memory = mmap(NULL, pool->memory_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->memory == MAP_FAILED) {
		free(pool);
		return -ENOMEM;
	}
	/* A huge page would make one written byte cost 2 MB. */
	(void)madvise(pool->memory, pool->memory_bytes, MADV_NOHUGEPAGE);
	pthread_mutex_init(&pool->lock, NULL);
	pool->stats = (struct frame_pool_stats){.block_bytes = block_bytes, .blocks = blocks};
	for (unsigned i = blocks; i-- > 0;) {
		pool->blocks[i].pool = pool;
		pool->blocks[i].next_free = pool->free_list;
		pool->free_list = &pool->blocks[i];
	}
	*ret_pool = pool;
	return 0;
}

struct frame_pool *frame_pool_free(struct frame_pool *pool)
{
	if (!pool) {
		return NULL;
	}
	pthread_mutex_lock(&pool->lock);
	pool->is_given_up = true;
	bool is_last = pool->stats.in_use == 0;
	pthread_mutex_unlock(&pool->lock);
	if (is_last) {
		pool_destroy(pool);
	}
	return NULL;
}

/* The list is last in, first out: the block whose pages are in the cache is used again first. */
struct frame *frame_pool_acquire(struct frame_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	struct block *block = pool->free_list;
	if (!block) {
		pool->stats.exhausted++;
		pthread_mutex_unlock(&pool->lock);
		return NULL;
	}
	pool->free_list = block->next_free;
	pool->stats.in_use++;
	if (pool->stats.in_use > pool->stats.peak) {
		pool->stats.peak = pool->stats.in_use;
	}
	pthread_mutex_unlock(&pool->lock);

	size_t index = (size_t)(block - pool->blocks);
	memset(&block->frame, 0, sizeof(block->frame));
	frame_init(&block->frame, block_release);
	block->frame.data = pool->memory + index * pool->step_bytes + FRAME_HEADROOM;
	block->frame.headroom = FRAME_HEADROOM;
	block->frame.capacity = pool->stats.block_bytes;
	return &block->frame;
}

void frame_pool_get_stats(struct frame_pool *pool, struct frame_pool_stats *ret_stats)
{
	pthread_mutex_lock(&pool->lock);
	*ret_stats = pool->stats;
	pthread_mutex_unlock(&pool->lock);
}
