/*
 * The meeting point of cameras and server: per camera one slot with the one latest frame, who
 * watches, what state the camera is in, and what it has counted. Publishing replaces; nobody queues
 * frames.
 *
 * The camera's thread writes (publish, clear, set_info), the server's thread reads (latest,
 * get_info, watch); both may do so at the same time.
 */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>

#include "frame/frame.h"
#include "frame/pool.h"
#include "metrics/counter.h"
#include "util/error.h"

#define HUB_SLOTS_MAX 8
#define HUB_NAME_MAX  32

enum camera_state {
	CAMERA_STATE_IDLE, /* nobody watches, the device is released */
	CAMERA_STATE_STARTING,
	CAMERA_STATE_STREAMING,
	CAMERA_STATE_LOST,  /* device gone or frozen, retrying */
	CAMERA_STATE_ERROR, /* cannot work as configured */
	CAMERA_STATE_COUNT,
};

/* "idle", "starting", ... as status and metrics write them. */
const char *camera_state_name(enum camera_state state);

/* What a camera is doing: written by its thread, copied out for readers. */
struct camera_info {
	enum camera_state state;
	char source[272];   /* "v4l2:/dev/video0" */
	bool is_negotiated; /* the next four are known */
	enum pixel_format format;
	uint32_t width, height;
	double fps_target;
	double fps;                   /* delivered, over the last seconds; 0 unless streaming */
	char error[ERROR_TEXT_MAX];   /* "" when there is none */
	struct frame_pool_stats pool; /* all zero for a camera without a pool */
};

/* Written by the camera's thread. */
struct camera_counters {
	struct counter captured; /* frames that the camera delivered, dropped ones too */
	struct counter dropped[FRAME_DROP_COUNT];
	struct counter encoded;
	struct counter published;
	struct counter reconnects;
	struct histogram encode;
};

struct hub;
struct hub_slot;

/* Called, on the publishing thread, after a publish or a change of state. Must not block. */
typedef void (*hub_notify_fn)(void *userdata);

/* Called, on the watching thread, when the first watcher comes or the last one goes. Must not
 * block. */
typedef void (*hub_demand_fn)(void *userdata);

int hub_new(struct hub **ret_hub);
struct hub *hub_free(struct hub *hub);

/* Who is told of new frames. Before the cameras start and after they ended. */
void hub_set_notify(struct hub *hub, hub_notify_fn notify, void *userdata);

/* Counts the changes of state of all cameras, to see cheaply that there was one. Any thread. */
uint64_t hub_state_changes(struct hub *hub);

/* Adds a camera in the lowest free slot, which is its index. 0, -ENOSPC, -EEXIST (name). Server's
 * thread. */
int hub_add(struct hub *hub, const char *name, struct hub_slot **ret_slot);

/* Takes a camera away, whose thread must have ended. Server's thread. */
void hub_remove(struct hub *hub, struct hub_slot *slot);

/* NULL when there is none. Server's thread. */
struct hub_slot *hub_get(struct hub *hub, unsigned index);
struct hub_slot *hub_find(struct hub *hub, const char *name);

unsigned hub_slot_index(const struct hub_slot *slot);
const char *hub_slot_name(const struct hub_slot *slot);
/* Any thread. */
const struct camera_counters *hub_slot_counters(const struct hub_slot *slot);

/* Camera's side. demand NULL takes it off again. */
void hub_slot_set_demand(struct hub_slot *slot, hub_demand_fn demand, void *userdata);
bool hub_slot_is_watched(struct hub_slot *slot);
/* The counters that the camera writes. */
struct camera_counters *hub_slot_camera_counters(struct hub_slot *slot);
/* Takes over the caller's owner count. */
void hub_slot_publish(struct hub_slot *slot, struct frame *frame);
/* Forgets the latest frame, so that nobody is shown an old one. */
void hub_slot_clear(struct hub_slot *slot);
void hub_slot_set_info(struct hub_slot *slot, const struct camera_info *info);

/* Server's side. */
void hub_slot_watch(struct hub_slot *slot);
void hub_slot_unwatch(struct hub_slot *slot);
void hub_slot_get_info(struct hub_slot *slot, struct camera_info *ret_info);
/*
 * The latest frame with one more owner, the caller, and its number among the published ones, which
 * counts from 1; NULL when there is none.
 */
struct frame *hub_slot_latest(struct hub_slot *slot, uint64_t *ret_number);
/* Only the number of the latest, 0 when there is none. No lock. */
uint64_t hub_slot_latest_number(struct hub_slot *slot);

#endif
