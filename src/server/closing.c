#include "server/closing.h"

#include <limits.h>

#include "server/core/viewer.h"
#include "util/clock.h"

/* What viewers may take to answer the close, before they are cut off. */
#define CLOSE_TIMEOUT_US (LWS_US_PER_SEC / 2)

static void end_closing(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, close_sul);

	for (struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		lws_set_timeout(viewer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
}

void closing_begin(struct server *server)
{
	server->is_closing = true;
	for (struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		viewer_want_write(viewer);
	}
	lws_sul_schedule(server->context, 0, &server->close_sul, end_closing, CLOSE_TIMEOUT_US);
}

/* The last viewer may end by a timeout: libwebsockets then goes on to wait for the next event. */
void closing_count_down(struct server *server)
{
	if (server->is_closing && !server->viewers) {
		lws_cancel_service(server->context);
	}
}

/* A viewer that is left without a camera has nothing to wait for. */
static bool watches_nothing(const struct viewer *viewer)
{
	for (unsigned i = 0; i < HUB_SLOTS_MAX; i++) {
		if (viewer->subscriptions[i].is_active) {
			return false;
		}
	}
	return true;
}

/* The close is sent when its socket takes it; one that stays full is cut off. */
static void dismiss(struct server *server, struct viewer *viewer)
{
	uint64_t timeout_s = server->config.server.stall_timeout_ns / NSEC_PER_SEC + 1;

	viewer->is_dismissed = true;
	viewer_want_write(viewer);
	lws_set_timeout(viewer->wsi, PENDING_TIMEOUT_USER_OK,
		timeout_s < INT_MAX ? (int)timeout_s : INT_MAX);
}

void closing_dismiss_viewers(struct server *server, struct hub_slot *slot)
{
	for (struct viewer *viewer = server->viewers; viewer; viewer = viewer->next) {
		if (!viewer->subscriptions[hub_slot_index(slot)].is_active) {
			continue;
		}
		viewer_unwatch(viewer, slot);
		if (watches_nothing(viewer)) {
			dismiss(server, viewer);
		}
	}
}
