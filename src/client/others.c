#include "client/others.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "util/cleanup.h"
#include "util/clock.h"

#define TICK_NS         (100 * NSEC_PER_MSEC)
#define SLOW_TICK_BYTES 16000
#define RECEIVE_BYTES   16384 /* of slow and stalled ones: what is not read stays at the server */
#define CHURN_FRAMES    10
#define CHURN_NS        NSEC_PER_SEC
#define BACK_NS         NSEC_PER_SEC
#define OPEN_NS         (10 * NSEC_PER_SEC)
#define EVENTS_MAX      64

struct other {
	enum others_kind kind;
	struct endpoint endpoint; /* a copy with a receive buffer of its own */
	struct viewer viewer;
	uint64_t back_ns; /* when it comes back */
};

int others_init(struct others *others, const unsigned counts[OTHERS_KIND_COUNT],
	const struct endpoint *endpoints, unsigned n_endpoints)
{
	*others = (struct others){.epoll_fd = -1};
	for (unsigned kind = 0; kind < OTHERS_KIND_COUNT; kind++) {
		others->n += counts[kind];
	}
	others->list = calloc(others->n ? others->n : 1, sizeof(*others->list));
	if (!others->list) {
		return -ENOMEM;
	}
	for (unsigned kind = 0, i = 0; kind < OTHERS_KIND_COUNT; kind++) {
		for (unsigned k = 0; k < counts[kind]; k++, i++) {
			struct other *other = &others->list[i];
			other->kind = kind;
			other->viewer.connection = CONNECTION_CLOSED;
			other->endpoint = endpoints[i % n_endpoints];
			other->endpoint.has_stamps = false;
			if (kind != OTHERS_KIND_CHURN) {
				other->endpoint.receive_bytes = RECEIVE_BYTES;
			}
		}
	}
	others->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int r = others->epoll_fd < 0 ? -errno : viewer_shared_init(&others->shared);
	if (r < 0) {
		others_done(others);
	}
	return r;
}

void others_done(struct others *others)
{
	if (!others->list) {
		return;
	}
	for (unsigned i = 0; i < others->n; i++) {
		viewer_done(&others->list[i].viewer);
	}
	viewer_shared_done(&others->shared);
	free(others->list);
	close_fd(others->epoll_fd);
	*others = (struct others){.epoll_fd = -1};
}

int others_fd(const struct others *others)
{
	return others->epoll_fd;
}

/* What it waits for: those that read at a pace of their own wait for the end alone. */
static uint32_t events_of(const struct other *other)
{
	if (other->viewer.state == VIEWER_STATE_CONNECTING) {
		return EPOLLOUT;
	}
	bool is_reading =
		other->kind == OTHERS_KIND_CHURN || other->viewer.state != VIEWER_STATE_OPEN;
	return is_reading ? EPOLLIN : EPOLLRDHUP;
}

static int watch(struct others *others, int operation, struct other *other)
{
	struct epoll_event event = {.events = events_of(other), .data.ptr = other};

	return epoll_ctl(others->epoll_fd, operation, other->viewer.connection.fd, &event) < 0
		       ? -errno
		       : 0;
}

static void leave(struct other *other, uint64_t back_ns)
{
	viewer_close(&other->viewer);
	other->back_ns = back_ns;
}

static void end(struct others *others, struct other *other)
{
	others->n_ended++;
	other->viewer.lost = -ECONNRESET; /* there is nobody left to say goodbye to */
	leave(other, clock_now_ns() + BACK_NS);
}

static void come(struct others *others, struct other *other)
{
	int r = viewer_open(&other->viewer, &others->shared, &other->endpoint);

	if (r == 0) {
		r = watch(others, EPOLL_CTL_ADD, other);
	}
	if (r < 0) {
		end(others, other);
	}
}

/* Its socket is ready, or it is time to read. */
static void go_on(struct others *others, struct other *other)
{
	enum viewer_state before = other->viewer.state;
	struct error err;
	int r = viewer_continue(&other->viewer, &err);

	if (before != VIEWER_STATE_OPEN && other->viewer.state == VIEWER_STATE_OPEN) {
		others->n_came++;
	}
	if (r == 0 && other->viewer.state != before) {
		r = watch(others, EPOLL_CTL_MOD, other);
	}
	if (r < 0) {
		end(others, other);
	}
}

/* Ends are noticed without reading. */
static void handle(struct others *others, struct other *other, uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
		end(others, other);
		return;
	}
	go_on(others, other);
}

/* As viewer_continue ends with each picture, it is called until nothing is left to read. */
static void read_slowly(struct others *others, struct other *other)
{
	struct viewer *viewer = &other->viewer;
	size_t before;

	viewer->budget_bytes = SLOW_TICK_BYTES;
	do {
		before = viewer->budget_bytes;
		go_on(others, other);
	} while (viewer->state == VIEWER_STATE_OPEN && viewer->budget_bytes < before);
}

static void tick(struct others *others, struct other *other, uint64_t now_ns)
{
	struct viewer *viewer = &other->viewer;
	uint64_t open_ns = now_ns > viewer->opened_ns ? now_ns - viewer->opened_ns : 0;

	if (viewer->state == VIEWER_STATE_CLOSED) {
		if (now_ns >= other->back_ns) {
			come(others, other);
		}
	} else if (viewer->state != VIEWER_STATE_OPEN) {
		if (open_ns > OPEN_NS) {
			end(others, other);
		}
	} else if (other->kind == OTHERS_KIND_SLOW) {
		read_slowly(others, other);
	} else if (other->kind == OTHERS_KIND_CHURN &&
		   (viewer->n_frames >= CHURN_FRAMES || open_ns > CHURN_NS)) {
		leave(other, now_ns);
	}
}

int others_turn(struct others *others)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t now_ns = clock_now_ns();
	int n = epoll_wait(others->epoll_fd, events, EVENTS_MAX, 0);

	if (n < 0 && errno != EINTR) {
		return -errno;
	}
	for (int i = 0; i < n; i++) {
		handle(others, events[i].data.ptr, events[i].events);
	}
	if (now_ns - others->ticked_ns >= TICK_NS) {
		others->ticked_ns = now_ns;
		for (unsigned i = 0; i < others->n; i++) {
			tick(others, &others->list[i], now_ns);
		}
	}
	return 0;
}
