/*
 * Many viewers of a server in one thread, at so little cost that the server is what is measured:
 * headers are copied, what a picture holds is dropped in the kernel (MSG_TRUNC).
 *
 *	viewers --port N [--port N]... --path PATH --viewers N [--websocket]
 *		[--stamp HEADER [--raw]]
 *
 * That many viewers on each port. Says "ready" when each of them had a frame. Then obeys lines:
 * "begin" starts counting, "end" prints what was counted as one line of JSON; the end of input ends
 * it. The capture time is the one of the twinlens.v1 header or, in seconds of CLOCK_MONOTONIC
 *(--raw: of CLOCK_MONOTONIC_RAW), that of the named header of each part.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORTS_MAX            8
#define VIEWERS_MAX          10000
#define HEADER_MAX           1024
#define WEBSOCKET_HEADER_MAX 64
#define V1_HEADER_BYTES      32
#define LATENCY_MAX_US       1000000
#define RECEIVE_BYTES        (1 << 20)

struct viewer {
	int fd;
	bool is_open;    /* the server's answer was read */
	unsigned n_seen; /* frames since the start */
	unsigned have;
	size_t left; /* bytes of the frame to come */
	uint64_t captured_us, last_us;
	unsigned frames;
	char buffer[HEADER_MAX + 1];
};

static struct {
	uint16_t ports[PORTS_MAX];
	unsigned n_ports, n_viewers;
	const char *path, *stamp;
	bool is_websocket;
	clockid_t clock; /* of the capture times */
} options = {.path = "/", .clock = CLOCK_MONOTONIC};

static struct viewer *viewers;
static unsigned n_viewers, n_waiting, n_lost;

static struct {
	uint64_t begun_us, bytes, longest_gap_us, cpu_us;
	unsigned long frames, n_latencies;
	unsigned latencies[LATENCY_MAX_US + 1]; /* by microseconds, the last one holds the longer */
} counted;

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "viewers: %s\n", what);
	exit(EXIT_FAILURE);
}

static uint64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void note_latency(uint64_t captured_us, uint64_t now_us)
{
	uint64_t latency = now_us > captured_us ? now_us - captured_us : 0;

	counted.latencies[latency < LATENCY_MAX_US ? latency : LATENCY_MAX_US]++;
	counted.n_latencies++;
}

static void note_gap(const struct viewer *viewer, uint64_t now)
{
	uint64_t since = viewer->last_us > counted.begun_us ? viewer->last_us : counted.begun_us;

	if (now - since > counted.longest_gap_us) {
		counted.longest_gap_us = now - since;
	}
}

static void note_frame(struct viewer *viewer)
{
	uint64_t now = clock_us(CLOCK_MONOTONIC);

	if (viewer->n_seen++ == 0 && --n_waiting == 0) {
		puts("ready");
	}
	if (!counted.begun_us) {
		return;
	}
	note_gap(viewer, now);
	viewer->last_us = now;
	viewer->frames++;
	counted.frames++;
	if (viewer->captured_us) {
		note_latency(viewer->captured_us, clock_us(options.clock));
	}
}

/* The length of the header of a message, 0 when more bytes are needed. */
static unsigned parse_message(struct viewer *viewer)
{
	const uint8_t *bytes = (const uint8_t *)viewer->buffer;
	unsigned header = 2;
	uint16_t size16;
	uint64_t size, captured;

	if (viewer->have < 2) {
		return 0;
	}
	size = bytes[1] & 127;
	header += size == 127 ? 8 : size == 126 ? 2 : 0;
	if (viewer->have < header + V1_HEADER_BYTES) {
		return 0;
	}
	if (size == 126) {
		memcpy(&size16, bytes + 2, sizeof(size16));
		size = be16toh(size16);
	} else if (size == 127) {
		memcpy(&size, bytes + 2, sizeof(size));
		size = be64toh(size);
	}
	if (bytes[0] != 0x82 || bytes[1] & 128 || size <= V1_HEADER_BYTES) {
		fail("a message that is no frame");
	}
	memcpy(&captured, bytes + header + 8, sizeof(captured));
	viewer->captured_us = be64toh(captured);
	viewer->left = (size_t)size;
	return header;
}

static unsigned parse_part(struct viewer *viewer)
{
	viewer->buffer[viewer->have] = '\0';
	const char *length = strstr(viewer->buffer, "Content-Length:");
	const char *end = length ? strstr(length, "\r\n\r\n") : NULL;
	if (!end) {
		return 0;
	}
	viewer->left = strtoul(length + strlen("Content-Length:"), NULL, 10);
	if (viewer->left == 0) {
		fail("a part without a length");
	}
	const char *stamp = options.stamp ? strstr(viewer->buffer, options.stamp) : NULL;
	viewer->captured_us = 0;
	if (stamp && stamp < end) {
		viewer->captured_us =
			(uint64_t)(strtod(stamp + strlen(options.stamp) + 1, NULL) * 1e6);
	}
	return (unsigned)(end + 4 - viewer->buffer);
}

static unsigned parse_answer(struct viewer *viewer)
{
	viewer->buffer[viewer->have] = '\0';
	const char *end = strstr(viewer->buffer, "\r\n\r\n");
	if (!end) {
		return 0;
	}
	const char *status = options.is_websocket ? " 101 " : " 200 ";
	const char *found = strstr(viewer->buffer, status);
	if (!found || found - viewer->buffer > 10) {
		fprintf(stderr, "%.*s\n", (int)strcspn(viewer->buffer, "\r"), viewer->buffer);
		fail("the server refuses");
	}
	viewer->is_open = true;
	return (unsigned)(end + 4 - viewer->buffer);
}

static void drop(struct viewer *viewer, unsigned bytes)
{
	viewer->have -= bytes;
	memmove(viewer->buffer, viewer->buffer + bytes, viewer->have);
}

/* Takes what the buffer holds. False when a header is not complete. */
static bool take(struct viewer *viewer)
{
	if (viewer->left == 0) {
		unsigned header = !viewer->is_open       ? parse_answer(viewer)
				  : options.is_websocket ? parse_message(viewer)
							 : parse_part(viewer);
		if (header == 0) {
			return false;
		}
		drop(viewer, header);
	}
	if (viewer->left > 0) {
		unsigned body = viewer->have < viewer->left ? viewer->have : (unsigned)viewer->left;
		drop(viewer, body);
		viewer->left -= body;
		if (viewer->left == 0) {
			note_frame(viewer);
		}
	}
	return viewer->have > 0;
}

static void lose(struct viewer *viewer)
{
	close(viewer->fd);
	viewer->fd = -1;
	n_lost++;
	if (viewer->n_seen == 0) {
		fail("a connection was closed before a frame came");
	}
}

/* One call for the header and one for the rest of a picture, when it came whole. */
static void receive(struct viewer *viewer)
{
	size_t header_max =
		options.is_websocket && viewer->is_open ? WEBSOCKET_HEADER_MAX : HEADER_MAX;

	for (;;) {
		bool is_body = viewer->left > 0;
		size_t want = is_body ? viewer->left : header_max - viewer->have;
		char *into = is_body ? NULL : viewer->buffer + viewer->have;
		want = want < RECEIVE_BYTES ? want : RECEIVE_BYTES;
		if (want == 0) {
			fail("a header that is too long");
		}
		ssize_t n = recv(viewer->fd, into, want, MSG_DONTWAIT | (is_body ? MSG_TRUNC : 0));
		if (n < 0 && errno == EAGAIN) {
			return;
		}
		if (n <= 0) {
			lose(viewer);
			return;
		}
		counted.bytes += (uint64_t)n;
		if (is_body) {
			viewer->left -= (size_t)n;
			if (viewer->left == 0) {
				note_frame(viewer);
			}
		} else {
			viewer->have += (unsigned)n;
			while (take(viewer)) {
			}
		}
		if ((size_t)n < want || (is_body && viewer->left == 0)) {
			return;
		}
	}
}

static void request(int fd, uint16_t port)
{
	char text[512];
	const char *upgrade = options.is_websocket
				      ? "Upgrade: websocket\r\nConnection: Upgrade\r\n"
					"Sec-WebSocket-Version: 13\r\n"
					"Sec-WebSocket-Key: dHdpbmxlbnMgaXMgZmFzdA==\r\n"
					"Sec-WebSocket-Protocol: twinlens.v1\r\n"
				      : "";
	int length = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
		options.path, port, upgrade);

	if (length >= (int)sizeof(text) || send(fd, text, (size_t)length, MSG_NOSIGNAL) != length) {
		fail("cannot send a request");
	}
}

static void open_viewer(struct viewer *viewer, uint16_t port, int epoll_fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = viewer};

	viewer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (viewer->fd < 0 ||
		connect(viewer->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fail(strerror(errno));
	}
	request(viewer->fd, port);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, viewer->fd, &event) < 0) {
		fail(strerror(errno));
	}
}

static double latency_ms(double share)
{
	unsigned long rank = (unsigned long)((double)(counted.n_latencies - 1) * share), sum = 0;

	for (unsigned us = 0; us <= LATENCY_MAX_US; us++) {
		sum += counted.latencies[us];
		if (sum > rank) {
			return us / 1e3;
		}
	}
	return LATENCY_MAX_US / 1e3;
}

static void begin(void)
{
	memset(&counted, 0, sizeof(counted));
	for (unsigned i = 0; i < n_viewers; i++) {
		viewers[i].frames = 0;
	}
	counted.cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID);
	counted.begun_us = clock_us(CLOCK_MONOTONIC);
}

static void end(void)
{
	uint64_t now = clock_us(CLOCK_MONOTONIC);
	double seconds = (double)(now - counted.begun_us) / 1e6;
	unsigned fewest = n_viewers ? viewers[0].frames : 0;

	for (unsigned i = 0; i < n_viewers; i++) {
		fewest = viewers[i].frames < fewest ? viewers[i].frames : fewest;
		note_gap(&viewers[i], now);
	}
	printf("{\"viewers\":%u,\"lost\":%u,\"seconds\":%.3f,\"frames\":%lu,\"bytes\":%llu,"
	       "\"fps_min\":%.2f,\"fps_mean\":%.2f,\"longest_gap_ms\":%.1f,\"cpu_s\":%.3f,",
		n_viewers, n_lost, seconds, counted.frames, (unsigned long long)counted.bytes,
		fewest / seconds, (double)counted.frames / seconds / n_viewers,
		(double)counted.longest_gap_us / 1e3,
		(double)(clock_us(CLOCK_PROCESS_CPUTIME_ID) - counted.cpu_us) / 1e6);
	if (counted.n_latencies) {
		printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", latency_ms(0.5), latency_ms(0.99));
	} else {
		printf("\"p50_ms\":null,\"p99_ms\":null}\n");
	}
	counted.begun_us = 0;
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
	} else if (strcmp(line, "end\n") == 0 && counted.begun_us) {
		end();
	} else {
		fail("what was said is neither begin nor end");
	}
	return true;
}

/* Handles what has come within a time. False at the end of the input. */
static bool turn(int epoll_fd, int timeout_ms)
{
	struct epoll_event events[256];
	int n = epoll_wait(epoll_fd, events, 256, timeout_ms);

	if (n < 0 && errno != EINTR) {
		fail(strerror(errno));
	}
	for (int i = 0; i < n; i++) {
		struct viewer *viewer = events[i].data.ptr;
		if (viewer) {
			receive(viewer);
		} else if (!obey()) {
			return false;
		}
	}
	return true;
}

static unsigned number(const char *text, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value == 0 || value > max) {
		fail("a number that is none or out of range");
	}
	return (unsigned)value;
}

static void read_options(int argc, char **argv)
{
	static const struct option known[] = {{"port", required_argument, NULL, 'p'},
		{"path", required_argument, NULL, 'a'}, {"viewers", required_argument, NULL, 'n'},
		{"websocket", no_argument, NULL, 'w'}, {"stamp", required_argument, NULL, 's'},
		{"raw", no_argument, NULL, 'r'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'p':
			if (options.n_ports == PORTS_MAX) {
				fail("too many ports");
			}
			options.ports[options.n_ports++] = (uint16_t)number(optarg, UINT16_MAX);
			break;
		case 'a':
			options.path = optarg;
			break;
		case 'n':
			options.n_viewers = number(optarg, VIEWERS_MAX);
			break;
		case 'w':
			options.is_websocket = true;
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
	if (!options.n_ports || !options.n_viewers) {
		fail("--port and --viewers are needed");
	}
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	struct epoll_event input = {.events = EPOLLIN};

	setvbuf(stdout, NULL, _IOLBF, 0);
	read_options(argc, argv);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	n_viewers = n_waiting = options.n_viewers * options.n_ports;
	viewers = calloc(n_viewers, sizeof(*viewers));
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!viewers || epoll_fd < 0 ||
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &input) < 0) {
		fail(strerror(errno));
	}
	for (unsigned i = 0; i < n_viewers; i++) {
		open_viewer(&viewers[i], options.ports[i % options.n_ports], epoll_fd);
		turn(epoll_fd, 0); /* who has come first must not stall meanwhile */
	}
	while (turn(epoll_fd, -1)) {
	}
	for (unsigned i = 0; i < n_viewers; i++) {
		if (viewers[i].fd >= 0) {
			close(viewers[i].fd);
		}
	}
	close(epoll_fd);
	free(viewers);
	return EXIT_SUCCESS;
}
