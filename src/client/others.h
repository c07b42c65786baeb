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
	unsigned n_ended; /* and how often the server, or the way there, ended it */

	/* inside */
	const struct endpoint *endpoints;
	unsigned n_endpoints;
	struct other *list;
	int epoll_fd;
	struct viewer_shared shared;
	uint64_t ticked_ns;
};

/* endpoints must outlive it. 0 or a negative errno. */
int others_init(struct others *others, const unsigned counts[OTHERS_KIND_COUNT],
	const struct endpoint *endpoints, unsigned n_endpoints);

/* A zeroed one is allowed. */
void others_done(struct others *others);

/* A descriptor that can be read when others_turn has something to do; that is not all it does. */
int others_fd(const struct others *others);

/* Does what there is to do. To be called ten times a second, and does not wait. 0 or an errno. */
int others_turn(struct others *others);

#endif
