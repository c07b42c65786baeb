/*
 * The watchdog is fed by a timer of the server's loop: what it proves is that this loop turns.
 */
#include "serve/notifier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>

#include "server/server.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/notify.h"

struct notifier {
	struct hub *hub;
	struct server *server;
	int watchdog_fd; /* timerfd, -1 when there is no watchdog */
	struct server_watch *watchdog_watch;
};

/* "2 viewers, cam0 streaming, cam1 lost" */
static void send_status(void *userdata)
{
	const struct notifier *notifier = userdata;
	unsigned n_viewers = server_count_viewers(notifier->server);
	char text[256];
	size_t used = (size_t)snprintf(
		text, sizeof(text), "%u viewer%s", n_viewers, n_viewers == 1 ? "" : "s");

	for (unsigned i = 0; i < HUB_SLOTS_MAX && used < sizeof(text); i++) {
		struct hub_slot *slot = hub_get(notifier->hub, i);
		struct camera_info info;
		if (slot) {
			hub_slot_get_info(slot, &info);
			used += (size_t)snprintf(text + used, sizeof(text) - used, ", %s %s",
				hub_slot_name(slot), camera_state_name(info.state));
		}
	}
	notify_systemd("STATUS=%s", text);
}

static void feed_watchdog(void *userdata)
{
	const struct notifier *notifier = userdata;
	uint64_t expirations;

	if (read(notifier->watchdog_fd, &expirations, sizeof(expirations)) > 0) {
		notify_systemd("WATCHDOG=1");
	}
}

static int start_watchdog(struct notifier *notifier, struct error *err)
{
	uint64_t interval_ns = notify_watchdog_interval_ns();
	const struct timespec interval = {.tv_sec = (time_t)(interval_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(interval_ns % NSEC_PER_SEC)};
	const struct itimerspec timer = {.it_interval = interval, .it_value = interval};

	if (interval_ns == 0) {
		return 0;
	}
	notifier->watchdog_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (notifier->watchdog_fd < 0 ||
		timerfd_settime(notifier->watchdog_fd, 0, &timer, NULL) < 0) {
		return error_set(err, -errno, "watchdog: %s", error_name(-errno));
	}
	notifier->watchdog_watch =
		server_watch_fd(notifier->server, notifier->watchdog_fd, feed_watchdog, notifier);
	if (!notifier->watchdog_watch) {
		return error_set(err, -ENOMEM, "watchdog: out of memory");
	}
	notify_systemd("WATCHDOG=1");
	return 0;
}

int notifier_new(
	struct hub *hub, struct server *server, struct notifier **ret_notifier, struct error *err)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (!notifier) {
		return error_set(err, -ENOMEM, "start: out of memory");
	}
	notifier->hub = hub;
	notifier->server = server;
	notifier->watchdog_fd = -1;
	int r = start_watchdog(notifier, err);
	if (r < 0) {
		notifier_free(notifier);
		return r;
	}
	server_set_on_change(server, send_status, notifier);
	*ret_notifier = notifier;
	return 0;
}

struct notifier *notifier_free(struct notifier *notifier)
{
	if (!notifier) {
		return NULL;
	}
	server_set_on_change(notifier->server, NULL, NULL);
	server_unwatch(notifier->watchdog_watch);
	close_fd(notifier->watchdog_fd);
	free(notifier);
	return NULL;
}
