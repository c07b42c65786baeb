/* SPDX-License-Identifier: MIT */
/*
 * Measures what N viewers of every camera get, on the board itself: lab-viewer VIEWERS SECONDS
 * [PORT]. It prints one JSON object when the time is over or every connection has ended. It is
 * written against the interface alone and shares no code with the server. It looks at the ends of a
 * picture only, so that it takes as little as possible of the processors that it shares with the
 * server.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	VIEWERS_MAX = 64,
	CAMERAS_MAX = 2,
	HEADER_SIZE = 32,
	BUFFER_SIZE = 2 << 20,
	OP_BINARY = 2,
	OP_CLOSE = 8,
};

struct track {
	unsigned frames, bad;
	uint32_t sequence, skipped;
	uint64_t bytes, first_ns, last_ns, longest_gap_ns, longest_age_us;
};

struct viewer {
	int fd;
	unsigned close_code;
	uint8_t *buffer;
	size_t fill;
	struct track tracks[CAMERAS_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "lab-viewer: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Connects and upgrades; what comes after the answer's headers stays in the buffer. */
static void viewer_open(struct viewer *viewer, uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval limit = {.tv_sec = 5};
	static const char request[] = "GET /ws/video?camera=all HTTP/1.1\r\nHost: 127.0.0.1\r\n"
				      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
				      "Sec-WebSocket-Key: bGFiLXZpZXdlci1rZXktMQ==\r\n"
				      "Sec-WebSocket-Version: 13\r\n"
				      "Sec-WebSocket-Protocol: twinlens.v1\r\n\r\n";

	viewer->buffer = malloc(BUFFER_SIZE);
	viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!viewer->buffer || viewer->fd < 0 ||
		setsockopt(viewer->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
		connect(viewer->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		send(viewer->fd, request, sizeof(request) - 1, 0) != sizeof(request) - 1) {
		die("connecting");
	}
	for (;;) {
		ssize_t n = recv(
			viewer->fd, viewer->buffer + viewer->fill, BUFFER_SIZE - viewer->fill, 0);
		if (n <= 0) {
			die("reading the answer");
		}
		viewer->fill += (size_t)n;
		uint8_t *end = memmem(viewer->buffer, viewer->fill, "\r\n\r\n", 4);
		if (end) {
			if (memcmp(viewer->buffer, "HTTP/1.1 101", 12) != 0) {
				fprintf(stderr, "lab-viewer: refused: %.*s\n",
					(int)(end - viewer->buffer), (char *)viewer->buffer);
				exit(1);
			}
			viewer->fill -= (size_t)(end + 4 - viewer->buffer);
			memmove(viewer->buffer, end + 4, viewer->fill);
			return;
		}
	}
}

static uint32_t read32(const uint8_t *p)
{
	uint32_t value;
	memcpy(&value, p, sizeof(value));
	return be32toh(value);
}

static uint64_t read64(const uint8_t *p)
{
	uint64_t value;
	memcpy(&value, p, sizeof(value));
	return be64toh(value);
}

static void viewer_take_frame(struct viewer *viewer, const uint8_t *p, size_t size)
{
	unsigned camera = size > 2 ? p[2] : CAMERAS_MAX;
	if (camera >= CAMERAS_MAX) {
		viewer->tracks[0].bad++;
		return;
	}

	struct track *track = &viewer->tracks[camera];
	uint64_t now = now_ns();
	const uint8_t *jpeg = p + HEADER_SIZE;
	bool good = size > HEADER_SIZE + 4 && p[0] == 1 && p[1] == 1 && jpeg[0] == 0xff &&
		    jpeg[1] == 0xd8 && p[size - 2] == 0xff && p[size - 1] == 0xd9 &&
		    (track->frames == 0 || read32(p + 4) > track->sequence);
	if (!good) {
		track->bad++;
		return;
	}
	uint64_t age_us = now / 1000 - read64(p + 8);
	if (track->frames == 0) {
		track->first_ns = now;
	} else if (now - track->last_ns > track->longest_gap_ns) {
		track->longest_gap_ns = now - track->last_ns;
	}
	if (age_us > track->longest_age_us) {
		track->longest_age_us = age_us;
	}
	track->last_ns = now;
	track->sequence = read32(p + 4);
	track->skipped = read32(p + 28);
	track->bytes += size - HEADER_SIZE;
	track->frames++;
}

/*
 * Takes the message at the start of the size bytes at p. Returns its length, 0 when it is not
 * complete yet, -1 when it closes the connection.
 */
static ssize_t viewer_take_message(struct viewer *viewer, const uint8_t *p, size_t size)
{
	if (size < 2) {
		return 0;
	}
	uint64_t length = p[1] & 0x7f;
	size_t head = length == 127 ? 10 : length == 126 ? 4 : 2;
	if (size < head) {
		return 0;
	}
	if (length == 126) {
		length = (uint64_t)p[2] << 8 | p[3];
	} else if (length == 127) {
		length = read64(p + 2);
	}
	if (length > BUFFER_SIZE - head) {
		fprintf(stderr, "lab-viewer: a message of %llu bytes\n",
			(unsigned long long)length);
		exit(1);
	}
	if (size < head + length) {
		return 0;
	}
	unsigned opcode = p[0] & 0x0f;
	if (opcode == OP_CLOSE) {
		viewer->close_code = length >= 2 ? (unsigned)p[head] << 8 | p[head + 1] : 1005;
		return -1;
	}
	if (opcode == OP_BINARY) {
		viewer_take_frame(viewer, p + head, (size_t)length);
	}
	return (ssize_t)(head + length);
}

/* Reads what is there; false when the connection is over. */
static bool viewer_read(struct viewer *viewer)
{
	ssize_t n = recv(viewer->fd, viewer->buffer + viewer->fill, BUFFER_SIZE - viewer->fill,
		MSG_DONTWAIT);
	if (n <= 0) {
		return n < 0 && errno == EAGAIN;
	}
	viewer->fill += (size_t)n;

	size_t at = 0;
	while ((n = viewer_take_message(viewer, viewer->buffer + at, viewer->fill - at)) > 0) {
		at += (size_t)n;
	}
	viewer->fill -= at;
	memmove(viewer->buffer, viewer->buffer + at, viewer->fill);
	return n == 0;
}

static void viewer_print(const struct viewer *viewer)
{
	printf("{\"close\":%u,\"cameras\":[", viewer->close_code);
	for (unsigned i = 0; i < CAMERAS_MAX; i++) {
		const struct track *track = &viewer->tracks[i];
		double seconds = (double)(track->last_ns - track->first_ns) / 1e9;
		printf("%s{\"frames\":%u,\"bad\":%u,\"fps\":%.2f,\"longest_gap_ms\":%.1f,"
		       "\"longest_age_ms\":%.1f,\"skipped\":%u,\"mean_bytes\":%.0f}",
			i ? "," : "", track->frames, track->bad,
			track->frames > 1 && seconds > 0 ? (track->frames - 1) / seconds : 0,
			(double)track->longest_gap_ns / 1e6, (double)track->longest_age_us / 1e3,
			track->skipped, track->frames ? (double)track->bytes / track->frames : 0);
	}
	printf("]}");
}

int main(int argc, char **argv)
{
	static struct viewer viewers[VIEWERS_MAX];
	struct pollfd fds[VIEWERS_MAX];
	unsigned count = argc > 2 ? (unsigned)atoi(argv[1]) : 0;
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	if (count < 1 || count > VIEWERS_MAX || seconds < 1) {
		fprintf(stderr, "usage: lab-viewer VIEWERS SECONDS [PORT]\n");
		return 2;
	}
	for (unsigned i = 0; i < count; i++) {
		viewer_open(&viewers[i], (uint16_t)(argc > 3 ? atoi(argv[3]) : 8081));
		fds[i] = (struct pollfd){.fd = viewers[i].fd, .events = POLLIN};
	}

	/* The cameras need a moment to start; what comes before is not measured. */
	uint64_t warm = now_ns() + 2000000000, end = warm + (uint64_t)seconds * 1000000000;
	unsigned open = count;
	for (uint64_t now = now_ns(); open > 0 && now < end; now = now_ns()) {
		if (poll(fds, count, 100) < 0) {
			die("poll");
		}
		for (unsigned i = 0; i < count; i++) {
			if (fds[i].revents && !viewer_read(&viewers[i])) {
				fds[i].fd = -1;
				open--;
			}
		}
		if (warm && now >= warm) {
			warm = 0;
			for (unsigned i = 0; i < count; i++) {
				memset(viewers[i].tracks, 0, sizeof(viewers[i].tracks));
			}
		}
	}

	printf("[");
	for (unsigned i = 0; i < count; i++) {
		printf("%s", i ? "," : "");
		viewer_print(&viewers[i]);
	}
	printf("]\n");
	return 0;
}
