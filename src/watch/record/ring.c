#include "watch/record/ring.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/cleanup.h"

int ring_init(struct ring *ring, void *slots, size_t item_size, size_t n_slots)
{
	*ring = (struct ring){.slots = slots, .item_size = item_size, .n_slots = n_slots};
	ring->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ring->event_fd < 0) {
		return -errno;
	}
	int r = pthread_mutex_init(&ring->lock, NULL);
	if (r != 0) {
		ring->event_fd = close_fd(ring->event_fd);
		return -r;
	}
	return 0;
}

void ring_done(struct ring *ring)
{
	pthread_mutex_destroy(&ring->lock);
	ring->event_fd = close_fd(ring->event_fd);
}

bool ring_give(struct ring *ring, const void *item)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&ring->lock);
	bool has_room = ring->count < ring->n_slots;
	if (ring->count == 0) {
		ring->head = 0;
	}
	if (has_room) {
		size_t slot = (ring->head + ring->count) % ring->n_slots;
		memcpy(ring->slots + slot * ring->item_size, item, ring->item_size);
		ring->count++;
	} else {
		ring->n_lost++;
	}
	pthread_mutex_unlock(&ring->lock);
	/* Full only after 2^64 - 2 events that nobody took. */
	ssize_t written = write(ring->event_fd, &one, sizeof(one));
	(void)written;
	return has_room;
}

bool ring_take(struct ring *ring, void *ret_item)
{
	uint64_t events;

	pthread_mutex_lock(&ring->lock);
	bool has_item = ring->count > 0;
	if (has_item) {
		memcpy(ret_item, ring->slots + ring->head * ring->item_size, ring->item_size);
		ring->head = (ring->head + 1) % ring->n_slots;
		ring->count--;
	} else {
		/* Under the lock: an item that is given after this sets it again. */
		ssize_t n = read(ring->event_fd, &events, sizeof(events));
		(void)n;
	}
	pthread_mutex_unlock(&ring->lock);
	return has_item;
}

uint64_t ring_take_lost(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	uint64_t n = ring->n_lost;
	ring->n_lost = 0;
	pthread_mutex_unlock(&ring->lock);
	return n;
}
