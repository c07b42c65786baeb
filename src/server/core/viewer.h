/*
 * A viewer: somebody who is sent frames, over WebSocket, as multipart, or one frame as a snapshot.
 * It holds no frame, only the number of the last one that it had of each camera.
 */
#ifndef SERVER_CORE_VIEWER_H
#define SERVER_CORE_VIEWER_H

#include "server/core/state.h"

enum viewer_transport {
	VIEWER_TRANSPORT_WEBSOCKET,    /* bare JPEG messages */
	VIEWER_TRANSPORT_WEBSOCKET_V1, /* with the header of twinlens.v1 */
	VIEWER_TRANSPORT_MULTIPART,
	VIEWER_TRANSPORT_SNAPSHOT, /* not counted by max_viewers */
};

struct subscription {
	bool is_active;
	bool has_number;  /* number is set: a first frame was there */
	bool has_skipped; /* since the last frame that was sent */
	uint32_t skipped;
	uint64_t number; /* of the last frame that was sent or skipped */
};

/* A text message that waits to be sent; LWS_PRE bytes stand before text. */
struct reply {
	struct reply *next;
	size_t size;
	uint8_t memory[];
};

/* What each frame touches stands together: with a thousand viewers none of it is in the cache. */
struct viewer {
	struct viewer *next;
	struct server *server;
	struct lws *wsi;
	enum viewer_transport transport;
	uint32_t send_capacity; /* payload bytes that the socket's send buffer takes */
	bool wants_write;       /* asked for, and its socket did not take anything yet */
	bool has_ended;         /* WebSocket: a close frame is on its way */
	uint8_t next_slot;      /* looked at first, so that no camera keeps the others waiting */
	uint64_t sent;
	uint64_t blocked_ns;           /* since when it takes nothing, 0 while it does */
	uint64_t blocked_acknowledged; /* bytes that the peer had taken by then */
	struct subscription subscriptions[HUB_SLOTS_MAX];

	uint32_t id;
	char peer[64];
	struct reply *replies, **last_reply;
	unsigned n_replies;
	uint8_t *message; /* a text message that arrives in parts */
	size_t message_size;
	enum lws_close_status close_status;
	const char *close_reason;        /* WebSocket: of a close frame that waits to be sent */
	bool is_dismissed;               /* its last camera was taken away */
	bool owes_boundary;              /* multipart: none was sent behind the last picture */
	bool is_expired;                 /* snapshot: it has waited long enough */
	bool wants_ping;                 /* WebSocket: a ping waits to be sent */
	bool owes_pong;                  /* WebSocket: it was asked for a sign of life */
	uint64_t checked_acknowledged;   /* bytes that it had taken when it was last looked at */
	lws_sorted_usec_list_t deadline; /* snapshot: of the picture; else of the next look */
};

/* Whether one more viewer that max_viewers counts can be taken. Counts a refusal. */
bool viewer_has_room(struct server *server);

/* NULL when out of memory. Watches nothing yet. */
struct viewer *viewer_new(struct server *server, struct lws *wsi, enum viewer_transport transport);

/* Ends all subscriptions. NULL is allowed. Returns NULL. */
struct viewer *viewer_free(struct viewer *viewer);

void viewer_watch(struct viewer *viewer, struct hub_slot *slot);
void viewer_unwatch(struct viewer *viewer, struct hub_slot *slot);

void viewer_unwatch_all(struct viewer *viewer);

/* The camera that a viewer of one camera watches. */
struct hub_slot *viewer_only_slot(const struct viewer *viewer);

/* "websocket", "multipart", "snapshot", as status and metrics write them. */
const char *viewer_transport_name(enum viewer_transport transport);

/* All skipped frames, of all cameras. */
uint64_t viewer_skipped(const struct viewer *viewer);

/* Multipart or snapshot: such a client has nothing more to say. */
static inline bool viewer_is_http(const struct viewer *viewer)
{
	return viewer->transport == VIEWER_TRANSPORT_MULTIPART ||
	       viewer->transport == VIEWER_TRANSPORT_SNAPSHOT;
}

/* Asks to be called back, by viewer_on_writable, when the socket takes something. */
void viewer_want_write(struct viewer *viewer);

/* The socket takes something. To be called before anything is sent then. */
void viewer_on_writable(struct viewer *viewer);

#endif
