/*
 * A slot has one short lock, held to swap or to copy out a pointer or a small struct, and while the
 * camera is told of demand, so that after hub_slot_set_demand(NULL) nobody calls a camera that
 * ended. Frames are released outside of it: that may be a system call.
 */
#include "hub/hub.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hub_slot {
	struct hub *hub;
	char name[HUB_NAME_MAX];
	unsigned index;

	pthread_mutex_t lock; /* of the four below */
	struct frame *latest;
	struct camera_info info;
	hub_demand_fn demand;
	void *demand_userdata;

	atomic_uint_fast64_t latest_number; /* of latest, 0 when there is none */
	uint64_t published;                 /* the camera's thread only */
	atomic_uint watchers;
	struct camera_counters counters;
};

struct hub {
	struct hub_slot *slots[HUB_SLOTS_MAX]; /* the server's thread only */
	hub_notify_fn notify;
	void *notify_userdata;
	struct counter state_changes;
};

const char *camera_state_name(enum camera_state state)
{
	static const char *const names[CAMERA_STATE_COUNT] = {
		[CAMERA_STATE_IDLE] = "idle",
		[CAMERA_STATE_STARTING] = "starting",
		[CAMERA_STATE_STREAMING] = "streaming",
		[CAMERA_STATE_LOST] = "lost",
		[CAMERA_STATE_ERROR] = "error",
	};

	assert(state < CAMERA_STATE_COUNT);
	return names[state];
}

int hub_new(struct hub **ret_hub)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (!hub) {
		return -ENOMEM;
	}
	*ret_hub = hub;
	return 0;
}

struct hub *hub_free(struct hub *hub)
{
	if (!hub) {
		return NULL;
	}
	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		hub_remove(hub, hub->slots[i]);
	}
	free(hub);
	return NULL;
}

void hub_set_notify(struct hub *hub, hub_notify_fn notify, void *userdata)
{
	hub->notify = notify;
	hub->notify_userdata = userdata;
}

uint64_t hub_state_changes(struct hub *hub)
{
	return counter_get(&hub->state_changes);
}

static void notify(struct hub *hub)
{
	if (hub->notify) {
		hub->notify(hub->notify_userdata);
	}
}

int hub_add(struct hub *hub, const char *name, struct hub_slot **ret_slot)
{
	unsigned index = 0;

	if (hub_find(hub, name)) {
		return -EEXIST;
	}
	while (index < HUB_SLOTS_MAX && hub->slots[index]) {
		index++;
	}
	if (index == HUB_SLOTS_MAX) {
		return -ENOSPC;
	}
	struct hub_slot *slot = calloc(1, sizeof(*slot));
	if (!slot) {
		return -ENOMEM;
	}
	slot->hub = hub;
	slot->index = index;
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	pthread_mutex_init(&slot->lock, NULL);
	hub->slots[index] = slot;
	*ret_slot = slot;
	return 0;
}

void hub_remove(struct hub *hub, struct hub_slot *slot)
{
	if (!slot) {
		return;
	}
	hub->slots[slot->index] = NULL;
	frame_unref(slot->latest);
	pthread_mutex_destroy(&slot->lock);
	free(slot);
}

struct hub_slot *hub_get(struct hub *hub, unsigned index)
{
	return index < HUB_SLOTS_MAX ? hub->slots[index] : NULL;
}

struct hub_slot *hub_find(struct hub *hub, const char *name)
{
	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		if (hub->slots[i] && strcmp(hub->slots[i]->name, name) == 0) {
			return hub->slots[i];
		}
	}
	return NULL;
}

unsigned hub_slot_index(const struct hub_slot *slot)
{
	return slot->index;
}

const char *hub_slot_name(const struct hub_slot *slot)
{
	return slot->name;
}

const struct camera_counters *hub_slot_counters(const struct hub_slot *slot)
{
	return &slot->counters;
}

struct camera_counters *hub_slot_camera_counters(struct hub_slot *slot)
{
	return &slot->counters;
}

void hub_slot_set_demand(struct hub_slot *slot, hub_demand_fn demand, void *userdata)
{
	pthread_mutex_lock(&slot->lock);
	slot->demand = demand;
	slot->demand_userdata = userdata;
	pthread_mutex_unlock(&slot->lock);
}

bool hub_slot_is_watched(struct hub_slot *slot)
{
	return atomic_load(&slot->watchers) > 0;
}

static struct frame *swap_latest(struct hub_slot *slot, struct frame *frame, uint64_t number)
{
	pthread_mutex_lock(&slot->lock);
	struct frame *before = slot->latest;
	slot->latest = frame;
	atomic_store_explicit(&slot->latest_number, number, memory_order_relaxed);
	pthread_mutex_unlock(&slot->lock);
	return before;
}

void hub_slot_publish(struct hub_slot *slot, struct frame *frame)
{
	frame_unref(swap_latest(slot, frame, ++slot->published));
	counter_increment(&slot->counters.published);
	notify(slot->hub);
}

void hub_slot_clear(struct hub_slot *slot)
{
	frame_unref(swap_latest(slot, NULL, 0));
}

void hub_slot_set_info(struct hub_slot *slot, const struct camera_info *info)
{
	pthread_mutex_lock(&slot->lock);
	bool is_change = slot->info.state != info->state;
	slot->info = *info;
	pthread_mutex_unlock(&slot->lock);
	if (is_change) {
		counter_increment(&slot->hub->state_changes);
		notify(slot->hub);
	}
}

static void call_demand(struct hub_slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	if (slot->demand) {
		slot->demand(slot->demand_userdata);
	}
	pthread_mutex_unlock(&slot->lock);
}

void hub_slot_watch(struct hub_slot *slot)
{
	if (atomic_fetch_add(&slot->watchers, 1) == 0) {
		call_demand(slot);
	}
}

void hub_slot_unwatch(struct hub_slot *slot)
{
	unsigned before = atomic_fetch_sub(&slot->watchers, 1);

	assert(before > 0);
	if (before == 1) {
		call_demand(slot);
	}
}

void hub_slot_get_info(struct hub_slot *slot, struct camera_info *ret_info)
{
	pthread_mutex_lock(&slot->lock);
	*ret_info = slot->info;
	pthread_mutex_unlock(&slot->lock);
}

struct frame *hub_slot_latest(struct hub_slot *slot, uint64_t *ret_number)
{
	pthread_mutex_lock(&slot->lock);
	struct frame *frame = slot->latest ? frame_ref(slot->latest) : NULL;
	*ret_number = atomic_load_explicit(&slot->latest_number, memory_order_relaxed);
	pthread_mutex_unlock(&slot->lock);
	return frame;
}

uint64_t hub_slot_latest_number(struct hub_slot *slot)
{
	return atomic_load_explicit(&slot->latest_number, memory_order_relaxed);
}
