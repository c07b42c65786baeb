#include "client/crowd.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "util/cleanup.h"
#include "util/clock.h"

/* Fewer than any server's backlog, so that none of them waits for a retransmitted SYN. */
#define OPENING_MAX        32
#define EVENTS_MAX         256
#define DESCRIPTORS_BESIDE 32  /* the standard ones, epoll, files */
#define CHECK_MS           100 /* how often timeouts are looked at while viewers are opened */

int crowd_allow_descriptors(unsigned n_viewers)
{
	struct rlimit limit;
	rlim_t wanted = n_viewers + DESCRIPTORS_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		return -errno;
	}
	if (limit.rlim_cur >= wanted) {
		return 0;
	}
	if (limit.rlim_max < wanted) {
		return -EMFILE;
	}
	limit.rlim_cur = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

int crowd_init(struct crowd *crowd, const struct crowd_options *options)
{
	*crowd = (struct crowd){.options = options,
		.n_viewers = options->n_viewers,
		.n_waiting = options->n_viewers,
		.epoll_fd = -1};
	assert(options->n_viewers <= CROWD_VIEWERS_MAX && options->n_endpoints > 0);
	crowd->viewers = calloc(options->n_viewers ? options->n_viewers : 1, sizeof(struct viewer));
	if (!crowd->viewers || viewer_shared_init(&crowd->shared) < 0) {
		crowd_done(crowd);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < options->n_viewers; i++) {
		crowd->viewers[i].connection = CONNECTION_CLOSED;
	}
	crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (crowd->epoll_fd < 0) {
		int r = -errno;
		crowd_done(crowd);
		return r;
	}
	return 0;
}

void crowd_done(struct crowd *crowd)
{
	if (!crowd->viewers) {
		return;
	}
	for (unsigned i = 0; i < crowd->n_begun; i++) {
		viewer_done(&crowd->viewers[i]);
	}
	viewer_shared_done(&crowd->shared);
	free(crowd->viewers);
	close_fd(crowd->epoll_fd);
	*crowd = (struct crowd){.epoll_fd = -1};
}

static int watch(struct crowd *crowd, int operation, int fd, uint32_t events, void *data)
{
	struct epoll_event event = {.events = events, .data.ptr = data};

	return epoll_ctl(crowd->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

int crowd_watch(struct crowd *crowd, int fd)
{
	return watch(crowd, EPOLL_CTL_ADD, fd, EPOLLIN, NULL);
}

static void lose(struct crowd *crowd, struct viewer *viewer, const struct error *err)
{
	if (viewer_is_opening(viewer)) {
		crowd->n_opening--;
	}
	viewer->lost = err->code;
	viewer_close(viewer);
	if (crowd->n_lost++ == 0) {
		crowd->err = *err;
	}
}

static void open_one(struct crowd *crowd)
{
	const struct crowd_options *options = crowd->options;
	struct viewer *viewer = &crowd->viewers[crowd->n_begun];
	const struct endpoint *endpoint =
		&options->endpoints[crowd->n_begun % options->n_endpoints];
	struct error err;

	crowd->n_begun++;
	int r = viewer_open(viewer, &crowd->shared, endpoint);
	if (r == 0) {
		crowd->n_opening++;
		r = watch(crowd, EPOLL_CTL_ADD, viewer->connection.fd, EPOLLOUT, viewer);
	}
	if (r < 0) {
		error_set(&err, r, "cannot connect: %s", error_name(r));
		lose(crowd, viewer, &err);
	}
}

static void check_timeouts(struct crowd *crowd)
{
	uint64_t now_ns = clock_now_ns();
	struct error err;

	for (unsigned i = 0; i < crowd->n_begun; i++) {
		struct viewer *viewer = &crowd->viewers[i];
		if (viewer_is_opening(viewer) &&
			now_ns - viewer->opened_ns > crowd->options->open_timeout_ns) {
			error_set(&err, -ETIMEDOUT, "the server did not answer within %.1f s",
				clock_to_seconds(crowd->options->open_timeout_ns));
			lose(crowd, viewer, &err);
		}
	}
}

static void open_some(struct crowd *crowd)
{
	while (crowd->n_begun < crowd->n_viewers && crowd->n_opening < OPENING_MAX) {
		open_one(crowd);
	}
}

static int continue_viewer(struct crowd *crowd, struct viewer *viewer, struct error *err)
{
	enum viewer_state before = viewer->state;
	bool was_opening = viewer_is_opening(viewer), was_waiting = viewer->n_frames == 0;
	int r = viewer_continue(viewer, err);

	if (was_opening && !viewer_is_opening(viewer)) {
		crowd->n_opening--;
		crowd->n_open++;
	}
	if (was_waiting && viewer->n_frames > 0) {
		crowd->n_waiting--;
	}
	if (r < 0) {
		return err->code == r ? r : error_set(err, r, "%s", error_name(r));
	}
	if (before == VIEWER_STATE_CONNECTING && viewer->state != before) {
		r = watch(crowd, EPOLL_CTL_MOD, viewer->connection.fd, EPOLLIN, viewer);
	}
	return r < 0 ? error_set(err, r, "epoll: %s", error_name(r)) : 0;
}

int crowd_turn(struct crowd *crowd, int timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int watched = 0;

	open_some(crowd);
	if (crowd->n_opening > 0 && (timeout_ms < 0 || timeout_ms > CHECK_MS)) {
		timeout_ms = CHECK_MS;
	}
	int n = epoll_wait(crowd->epoll_fd, events, EVENTS_MAX, timeout_ms);
	if (n < 0 && errno != EINTR) {
		return -errno;
	}
	for (int i = 0; i < n; i++) {
		struct viewer *viewer = events[i].data.ptr;
		struct error err = {0};
		if (!viewer) {
			watched = 1;
		} else if (continue_viewer(crowd, viewer, &err) < 0) {
			lose(crowd, viewer, &err);
		}
	}
	if (crowd->n_opening > 0) {
		check_timeouts(crowd);
	}
	return watched;
}

void crowd_begin(struct crowd *crowd)
{
	uint64_t now_ns = clock_now_ns();

	viewer_shared_begin(&crowd->shared, now_ns);
	for (unsigned i = 0; i < crowd->n_begun; i++) {
		viewer_begin(&crowd->viewers[i], now_ns);
	}
}

uint64_t crowd_settle(struct crowd *crowd)
{
	uint64_t now_ns = clock_now_ns();

	for (unsigned i = 0; i < crowd->n_begun; i++) {
		viewer_settle(&crowd->viewers[i], now_ns);
	}
	return now_ns;
}
