/*
 * A fixed number of fixed blocks, each with FRAME_HEADROOM before its payload. Acquire and release
 * are O(1) and allocate nothing; it never grows. Pages of a block that nobody wrote to cost no
 * memory.
 */
#ifndef FRAME_POOL_H
#define FRAME_POOL_H

#include "frame/frame.h"

struct frame_pool;

struct frame_pool_stats {
	size_t block_bytes; /* payload of a block */
	unsigned blocks, in_use, peak;
	uint64_t exhausted; /* how often acquire returned NULL */
};

/* blocks of block_bytes payload each. 0, -EINVAL (a zero, or too large together), -ENOMEM. */
int frame_pool_new(size_t block_bytes, unsigned blocks, struct frame_pool **ret_pool);

/*
 * Gives the pool up. Its memory goes when the last frame of it is released, so frames may outlive
 * this call. NULL is allowed. Returns NULL.
 */
struct frame_pool *frame_pool_free(struct frame_pool *pool);

/*
 * A frame with one owner, data at the payload, headroom FRAME_HEADROOM, size 0, capacity
 * block_bytes; the other fields are zero. NULL when all blocks are in use. Any thread.
 */
struct frame *frame_pool_acquire(struct frame_pool *pool);

/* Any thread. */
void frame_pool_get_stats(struct frame_pool *pool, struct frame_pool_stats *ret_stats);

/* Address space that a pool takes, all of it resident in the worst case. For adding up memory. */
size_t frame_pool_worst_bytes(size_t block_bytes, unsigned blocks);

#endif
