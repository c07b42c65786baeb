/*
 * Viewers beside the measured ones, which make it hard for a server: slow ones take less than there
 * is, stalled ones take nothing, and churning ones come and go. Those that the server throws out
 * come back a second later. Nothing of theirs is measured. One thread.
 */
#ifndef CLIENT_OTHERS_H
#define CLIENT_OTHERS_H

#include "client/viewer.h"

enum others_kind {
	OTHERS_KIND_SLOW,  /* 160 KB a second */
	OTHERS_KIND_STALL, /* nothing behind the server's answer */
	OTHERS_KIND_CHURN, /* leaves after its tenth picture, or after a second */
	OTHERS_KIND_COUNT,
};

struct others {
	unsigned n;       /* all of them together */
	unsigned n_came;  /* how often one of them was accepted, */
	unsigned n_ended; /* and how often it was disconnected */

	/* inside */
	struct other *list;
	int epoll_fd;
	struct viewer_shared shared;
	uint64_t ticked_ns;
};

/* Copies the endpoints. 0 or a negative errno. */
int others_init(struct others *others, const unsigned counts[OTHERS_KIND_COUNT],
	const struct endpoint *endpoints, unsigned n_endpoints);

/* A zeroed one is allowed. */
void others_done(struct others *others);

/* Becomes readable when a socket has something for others_turn. */
int others_fd(const struct others *others);

/*
 * Does not wait. To be called when others_fd is readable, and at least ten times a second. 0 or a
 * negative errno.
 */
int others_turn(struct others *others);

#endif
