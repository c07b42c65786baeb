/* SPDX-License-Identifier: MIT */
/*
 * Measures what N viewers of every camera get, on the board itself: lab-viewer VIEWERS SECONDS
 * [PORT]. It prints one JSON object for each of them when the time is over or every connection has
 * ended. Every picture is checked from its first byte to its last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/crowd.h"
#include "client/url.h"
#include "util/clock.h"
#include "util/parse.h"

enum {
	VIEWERS_MAX = 64,
	SECONDS_MAX = 3600,
	CAMERAS = 2,
	PORT_DEFAULT = 8081,
};

#define OPEN_TIMEOUT_NS (5 * NSEC_PER_SEC)
#define WARM_UP_NS      (2 * NSEC_PER_SEC) /* the cameras need a moment to start */

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "lab-viewer: %s\n", what);
	exit(1);
}

static unsigned read_number(const char *text, unsigned max)
{
	uint64_t number;

	if (parse_u64(text, 1, max, &number) < 0) {
		fprintf(stderr, "usage: lab-viewer VIEWERS SECONDS [PORT]\n");
		exit(2);
	}
	return (unsigned)number;
}

/* Turns until the time has come, or nobody is left. */
static void turn_until(struct crowd *crowd, uint64_t end_ns)
{
	while (clock_now_ns() < end_ns && crowd->n_lost < crowd->n_viewers) {
		int r = crowd_turn(crowd, 100);
		if (r < 0) {
			die(strerror(-r));
		}
	}
}

static void wait_open(struct crowd *crowd)
{
	uint64_t end_ns = clock_now_ns() + 2 * OPEN_TIMEOUT_NS;

	while (crowd->n_open < crowd->n_viewers) {
		turn_until(crowd, clock_now_ns() + NSEC_PER_MSEC);
		if (crowd->n_lost > 0) {
			die(crowd->err.text);
		}
		if (clock_now_ns() > end_ns) {
			die("not every viewer could be opened in time");
		}
	}
}

static void print_track(const struct track *track, unsigned strangers)
{
	double seconds = clock_to_seconds(track->last_ns - track->first_ns);
	unsigned frames = track->frames - track->disordered;

	printf("{\"frames\":%u,\"bad\":%u,\"fps\":%.2f,\"longest_gap_ms\":%.1f,"
	       "\"longest_age_ms\":%.1f,\"skipped\":%llu,\"mean_bytes\":%.0f}",
		frames, track->broken + track->disordered + strangers,
		frames > 1 && seconds > 0 ? (frames - 1) / seconds : 0,
		(double)track->gap_max_ns / 1e6, (double)track->age_max_ns / 1e6,
		(unsigned long long)track->skipped, frames ? (double)track->bytes / frames : 0);
}

static void print_viewer(const struct viewer *viewer)
{
	static const struct track nothing;

	printf("{\"close\":%u,\"cameras\":[", viewer->close_code);
	for (unsigned i = 0; i < CAMERAS; i++) {
		const struct track *track = viewer->tracks[i] ? viewer->tracks[i] : &nothing;
		printf("%s", i ? "," : "");
		print_track(track, i == 0 ? viewer->strangers : 0);
	}
	printf("]}");
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 4) {
		read_number("", 0);
	}
	struct endpoint endpoint;
	struct crowd_options options = {.endpoints = &endpoint,
		.n_endpoints = 1,
		.n_viewers = read_number(argv[1], VIEWERS_MAX),
		.open_timeout_ns = OPEN_TIMEOUT_NS};
	unsigned seconds = read_number(argv[2], SECONDS_MAX);
	unsigned port = argc > 3 ? read_number(argv[3], UINT16_MAX) : PORT_DEFAULT;
	struct crowd crowd;
	struct url url;
	struct error err;
	char text[64];

	snprintf(text, sizeof(text), "ws://127.0.0.1:%u/ws/video?camera=all", port);
	if (url_parse(text, &url, &err) < 0 ||
		endpoint_init(&endpoint, &url, STREAM_PROTOCOL, &err) < 0) {
		die(err.text);
	}
	endpoint.stream.check_every = 1;
	int r = crowd_init(&crowd, &options);
	if (r < 0) {
		die(strerror(-r));
	}
	wait_open(&crowd);
	turn_until(&crowd, clock_now_ns() + WARM_UP_NS);
	crowd_begin(&crowd);
	turn_until(&crowd, clock_now_ns() + seconds * NSEC_PER_SEC);
	crowd_settle(&crowd);
	printf("[");
	for (unsigned i = 0; i < crowd.n_viewers; i++) {
		printf("%s", i ? "," : "");
		print_viewer(&crowd.viewers[i]);
	}
	printf("]\n");
	crowd_done(&crowd);
	return 0;
}
