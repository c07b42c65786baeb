/* The ways in which the floor can give a picture to a socket, to compare what they cost. */
#ifndef BENCH_SENDS_H
#define BENCH_SENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sends_kind {
	SENDS_COPY,     /* send(2): the kernel copies */
	SENDS_ZEROCOPY, /* MSG_ZEROCOPY: the pages are pinned until the peer has acknowledged them */
	SENDS_SENDFILE, /* sendfile(2) from a memfd: its pages are in the socket's queue */
};

/* "copy", "zerocopy", "sendfile". False: none of them. */
bool sends_parse(const char *name, enum sends_kind *ret_kind);

/* Memory for pictures, in a memfd that SENDS_SENDFILE reads. NULL: none to be had. */
uint8_t *sends_allocate(size_t bytes);

/* Prepares a connection. */
void sends_open(enum sends_kind kind, int fd);

/* Gives all of it, from sends_allocate's memory, to the socket: the bytes taken, or -1 with errno. */
long sends_give(enum sends_kind kind, int fd, const uint8_t *data, size_t size);

#endif
