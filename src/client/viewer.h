/*
 * One viewer: a connection, what comes over it, and a track of each camera. Whoever has it calls it
 * when its socket is ready. One thread.
 */
#ifndef CLIENT_VIEWER_H
#define CLIENT_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "client/connection.h"
#include "client/track.h"

#define VIEWER_CAMERAS_MAX 16
#define VIEWER_READ_MAX    65536 /* bytes of the buffer that viewers are read with */

/* What the viewers of one thread share. */
struct viewer_shared {
	uint8_t *buffer;      /* VIEWER_READ_MAX bytes */
	unsigned n_opened;    /* viewers so far */
	uint64_t begun_ns;    /* when the measurement began */
	uint64_t bytes;       /* that came since then, headers included */
	struct loglinear lag; /* from the arrival of a picture to its being read; with has_stamps */
	struct ages ages[VIEWER_CAMERAS_MAX]; /* of each camera, at all viewers */
	bool has_own_ages; /* every viewer adds its ages to some of its own, too */

	/* Called with each text message and the time of its arrival; may be NULL. */
	void (*on_text)(void *data, const char *text, uint64_t arrived_ns);
	void *data; /* of on_text */
};

/* begun_ns is now. 0 or -ENOMEM. */
int viewer_shared_init(struct viewer_shared *shared);
void viewer_shared_done(struct viewer_shared *shared);

/* Forgets what was measured: it begins at now_ns. */
void viewer_shared_begin(struct viewer_shared *shared, uint64_t now_ns);

enum viewer_state {
	VIEWER_STATE_CLOSED, /* not yet open, or no more */
	VIEWER_STATE_CONNECTING,
	VIEWER_STATE_ASKED, /* the request was sent */
	VIEWER_STATE_OPEN,  /* the server has accepted it */
};

struct viewer {
	struct viewer_shared *shared;
	const struct endpoint *endpoint;
	enum viewer_state state;
	unsigned n_frames;   /* since it was opened, broken ones too */
	uint64_t opened_ns;  /* when it began to connect */
	uint64_t last_ns;    /* the last arrival, of any camera; 0 before the first */
	uint64_t gap_max_ns; /* the longest time without any frame, since the measurement began */
	unsigned strangers;  /* frames of cameras with a higher index than there is room for */
	unsigned close_code; /* that of the server; 0 while it has not closed */
	int lost;            /* why the connection ended, a negative errno; 0 while it has not */
	struct track *tracks[VIEWER_CAMERAS_MAX]; /* NULL for a camera that did not come */
	struct ages *ages[VIEWER_CAMERAS_MAX];    /* with has_own_ages; NULL like tracks */
	size_t budget_bytes; /* what may still be read; viewer_open sets it to SIZE_MAX */
	struct connection connection;
	struct stream stream;
};

/* Begins to connect; shared and endpoint must outlive it. 0 or a negative errno. */
int viewer_open(
	struct viewer *viewer, struct viewer_shared *shared, const struct endpoint *endpoint);

/*
 * Goes on with what its socket is ready for. 0, or a negative errno with the reason when the
 * connection is of no more use, and viewer_close is to be called.
 */
int viewer_continue(struct viewer *viewer, struct error *err);

/* Returns true if it has begun, and the server has not accepted it yet. */
bool viewer_is_opening(const struct viewer *viewer);

/* What was measured begins anew, or is counted up to now. */
void viewer_begin(struct viewer *viewer, uint64_t now_ns);
void viewer_settle(struct viewer *viewer, uint64_t now_ns);

/* The track of a camera, made if need be; NULL when there is no memory. */
struct track *viewer_track(struct viewer *viewer, unsigned camera);

/* Sends a text message of at most 125 bytes. 0 or a negative errno; -ENOTCONN: it is not open. */
int viewer_send_text(struct viewer *viewer, const char *text);

/*
 * Tells the server that it is leaving; the server closes then. 0 or a negative errno, as of
 * viewer_send_text.
 */
int viewer_say_goodbye(struct viewer *viewer);

/* Says goodbye and closes; what was measured is kept. */
void viewer_close(struct viewer *viewer);

/* Closes it and frees what it has. */
void viewer_done(struct viewer *viewer);

#endif
