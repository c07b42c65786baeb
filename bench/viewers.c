/*
 * Many viewers of a server in one thread, at so little cost that the server is what is measured.
 *
 *	viewers --viewers N [--stamp HEADER [--raw]] URL...
 *
 * That many viewers of each URL: ws://... speaks twinlens.v1, http://... multipart. Says "ready"
 * when each of them had a frame. Then obeys lines: "begin" starts counting, "end" prints what was
 * counted as one line of JSON; the end of input ends it. Latency runs from the capture time until
 * the last byte is read. The capture time is the one of the twinlens.v1 header or, in seconds of
 * CLOCK_MONOTONIC (--raw: of CLOCK_MONOTONIC_RAW), that of the named header of each part.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/crowd.h"
#include "client/url.h"
#include "util/clock.h"
#include "util/parse.h"

#define URLS_MAX        8
#define OPEN_TIMEOUT_NS (30 * NSEC_PER_SEC)

static struct {
	const char *stamp;
	clockid_t clock; /* of the capture times */
	unsigned n_viewers;
} options = {.clock = CLOCK_MONOTONIC};

static struct endpoint endpoints[URLS_MAX];
static struct crowd crowd;

static struct {
	uint64_t begun_ns, cpu_ns; /* 0: nothing is counted */
} counted;

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "viewers: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Frames of all cameras at a viewer. */
static unsigned count_frames(const struct viewer *viewer)
{
	unsigned frames = 0;

	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		frames += viewer->tracks[i] ? viewer->tracks[i]->frames : 0;
	}
	return frames;
}

static void fail_if_broken(const struct viewer *viewer)
{
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		if (viewer->strangers || (viewer->tracks[i] && viewer->tracks[i]->broken)) {
			fail("a message that is no frame");
		}
	}
}

static void print_latencies(void)
{
	struct loglinear all;

	if (loglinear_init(&all, &loglinear_fine) < 0) {
		fail(strerror(ENOMEM));
	}
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		if (crowd.shared.ages[i].at_arrival.buckets) {
			loglinear_merge(&all, &crowd.shared.ages[i].at_arrival);
		}
	}
	if (all.total > 0) {
		printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", loglinear_quantile(&all, 0.5) / 1e6,
			loglinear_quantile(&all, 0.99) / 1e6);
	} else {
		printf("\"p50_ms\":null,\"p99_ms\":null}\n");
	}
	loglinear_done(&all);
}

static void begin(void)
{
	crowd_begin(&crowd);
	counted.cpu_ns = clock_process_cpu_ns();
	counted.begun_ns = clock_now_ns();
}

static void end(void)
{
	double seconds = clock_to_seconds(clock_now_ns() - counted.begun_ns);
	double cpu_seconds = clock_to_seconds(clock_process_cpu_ns() - counted.cpu_ns);
	unsigned fewest = UINT32_MAX;
	unsigned long frames = 0;
	uint64_t longest_gap_ns = 0;

	crowd_settle(&crowd);
	for (unsigned i = 0; i < crowd.n_viewers; i++) {
		const struct viewer *viewer = &crowd.viewers[i];
		unsigned n = count_frames(viewer);
		fail_if_broken(viewer);
		frames += n;
		fewest = n < fewest ? n : fewest;
		if (viewer->gap_max_ns > longest_gap_ns) {
			longest_gap_ns = viewer->gap_max_ns;
		}
	}
	printf("{\"viewers\":%u,\"lost\":%u,\"seconds\":%.3f,\"frames\":%lu,\"bytes\":%llu,"
	       "\"fps_min\":%.2f,\"fps_mean\":%.2f,\"longest_gap_ms\":%.1f,\"cpu_s\":%.3f,",
		crowd.n_viewers, crowd.n_lost, seconds, frames,
		(unsigned long long)crowd.shared.bytes, fewest / seconds,
		(double)frames / seconds / crowd.n_viewers, (double)longest_gap_ns / 1e6,
		cpu_seconds);
	print_latencies();
	counted.begun_ns = 0;
}

/* False at the end of the input. */
static bool obey(void)
{
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	if (n <= 0) {
		return false;
	}
	line[n] = '\0';
	if (strcmp(line, "begin\n") == 0) {
		begin();
	} else if (strcmp(line, "end\n") == 0 && counted.begun_ns) {
		end();
	} else {
		fail("standard input: neither begin nor end");
	}
	return true;
}

/* False at the end of the input. */
static bool turn(void)
{
	static bool is_ready;
	int r = crowd_turn(&crowd, -1);

	if (r < 0) {
		fail(strerror(-r));
	}
	if (!is_ready && crowd.n_lost > 0) {
		fail(crowd.err.text);
	}
	if (!is_ready && crowd.n_waiting == 0) {
		puts("ready");
		is_ready = true;
	}
	return r == 0 || obey();
}

static void add_endpoint(struct endpoint *endpoint, const char *text)
{
	struct url url;
	struct error err;

	if (url_parse(text, &url, &err) < 0 ||
		endpoint_init(endpoint, &url, STREAM_PROTOCOL, &err) < 0) {
		fail(err.text);
	}
	endpoint->stream.stamp = options.stamp;
	if (!url.is_websocket) {
		endpoint->clock = options.clock;
	}
}

static void read_options(int argc, char **argv)
{
	static const struct option known[] = {{"viewers", required_argument, NULL, 'n'},
		{"stamp", required_argument, NULL, 's'}, {"raw", no_argument, NULL, 'r'}, {0}};
	int option;
	uint64_t number;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'n':
			if (parse_u64(optarg, 1, CROWD_VIEWERS_MAX, &number) < 0) {
				fail("--viewers: must be a number from 1 to 10000");
			}
			options.n_viewers = (unsigned)number;
			break;
		case 's':
			options.stamp = optarg;
			break;
		case 'r':
			options.clock = CLOCK_MONOTONIC_RAW;
			break;
		default:
			exit(2);
		}
	}
	if (options.n_viewers == 0 || optind == argc || argc - optind > URLS_MAX) {
		fail("--viewers and one to eight URLs are needed");
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_options(argc, argv);
	struct crowd_options wanted = {.endpoints = endpoints,
		.n_endpoints = (unsigned)(argc - optind),
		.n_viewers = options.n_viewers * (unsigned)(argc - optind),
		.open_timeout_ns = OPEN_TIMEOUT_NS};

	if (wanted.n_viewers > CROWD_VIEWERS_MAX) {
		fail("too many viewers");
	}
	for (unsigned i = 0; i < wanted.n_endpoints; i++) {
		add_endpoint(&endpoints[i], argv[optind + (int)i]);
	}
	int r = crowd_allow_descriptors(wanted.n_viewers);
	if (r == 0) {
		r = crowd_init(&crowd, &wanted);
	}
	if (r == 0) {
		r = crowd_watch(&crowd, STDIN_FILENO);
	}
	if (r < 0) {
		fail(strerror(-r));
	}
	while (turn()) {
	}
	crowd_done(&crowd);
	return EXIT_SUCCESS;
}
