/* What the files of the server share. */
#ifndef SERVER_CORE_STATE_H
#define SERVER_CORE_STATE_H

#include <libwebsockets.h>

#include "config/config.h"
#include "hub/hub.h"
#include "server/core/alerts.h"

/* Connections beside the viewers: pages, status, metrics, requests that are not complete yet. */
#define SERVER_OTHER_CONNECTIONS 32

/* The loop, signals, cameras, their devices, files that are read for a moment. */
#define SERVER_OWN_DESCRIPTORS 64

/* Of a request, all that libwebsockets keeps of it. */
#define SERVER_HEADERS_MAX_BYTES 4096

/* What a request may take to arrive, and an idle connection to be closed. */
#define SERVER_REQUEST_TIMEOUT_S 5

/* What a client may take to fetch an answer that its socket did not take whole. */
#define SERVER_ANSWER_TIMEOUT_S 20

struct viewer;

/* What the viewers of one camera were sent. */
struct delivery_counters {
	struct counter sent, skipped;
	struct histogram capture_to_send;
};

struct server {
	struct config config;
	struct hub *hub;

	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws *listener;
	char address[96];

	struct viewer *viewers; /* all, snapshots too */
	unsigned n_viewers;     /* those that max_viewers counts */
	unsigned n_snapshots;
	unsigned n_connections;
	lws_dll2_owner_t waiting; /* connections without a request, the longest waiting one first */
	unsigned max_viewers_at_start; /* what the tables were made for */
	uint32_t last_viewer_id;
	uint64_t offered[HUB_SLOTS_MAX]; /* number of the frame that was offered to the viewers last
					  */

	struct delivery_counters deliveries[HUB_SLOTS_MAX];
	struct counter refused, evicted, sent_bytes;

	atomic_bool is_stopping;
	bool is_closing; /* viewers are being closed */
	lws_sorted_usec_list_t accept_sul, close_sul;
	void (*on_change)(void *userdata); /* NULL: not set */
	void *on_change_data;
	unsigned reported_viewers; /* when on_change was called last */
	uint64_t reported_state_changes;

	struct alerts alerts;

	uint64_t started_ns;
	uint64_t cpu_mark_ns, cpu_mark_used_ns; /* for cpu_percent */
	double cpu_percent;
};

/* What libwebsockets keeps for us with a connection, beside struct connection. */
struct attachment {
	struct viewer *viewer; /* NULL: an ordinary request */
};

static inline struct server *server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

#endif
