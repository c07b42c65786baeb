/*
 * A fixed number of slots from one thread to another: copied in, copied out, in order. What does
 * not fit is lost and counted; the giver never waits for the taker. Both hold the lock for the time
 * of one copy.
 *
 * When it is empty it begins again at the first slot, so that of a large ring only those pages are
 * ever touched that a backlog needed.
 */
#ifndef WATCH_RECORD_RING_H
#define WATCH_RECORD_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	pthread_mutex_t lock;
	int event_fd; /* readable while there is something to take; for poll(2) */
	char *slots;  /* not owned */
	size_t item_size, n_slots;
	size_t head, count;
	uint64_t n_lost;
};

/* slots has room for n_slots items, and outlives the ring. 0 or a negative errno. */
int ring_init(struct ring *ring, void *slots, size_t item_size, size_t n_slots);
void ring_done(struct ring *ring);

/* Returns false when the ring is full; then the item is lost. */
bool ring_give(struct ring *ring, const void *item);

/* Returns false when there is none. */
bool ring_take(struct ring *ring, void *ret_item);

/* How many were lost since the last call. */
uint64_t ring_take_lost(struct ring *ring);

#endif
