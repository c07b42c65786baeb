/*
 * The floor: what any server has to do, and nothing else. In one thread, at a steady pace, one
 * send() of the same memory for each frame and viewer; no look at the request, no queue, no limits.
 * It speaks multipart, with the capture time in X-Timestamp, in seconds of CLOCK_MONOTONIC.
 *
 *	floor --port N [--fps N] [--cameras N] [--send copy|zerocopy|sendfile] --jpeg FILE...
 *	floor --port N [--fps N] [--cameras N] --planar WxH --quality Q FILE
 *
 * With --planar the FILE has YUYV frames, taken apart into planes beforehand, and each is encoded
 * by libjpeg before it is sent: jpeg_write_raw_data() of planes is the least an encoder can do. All
 * cameras show the same and all go to each viewer. At SIGTERM it prints JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <jpeglib.h>

#include "sends.h"

#define VIEWERS_MAX  10000
#define PICTURES_MAX 64
#define HEADROOM     256
#define PICTURE_MAX  (4u << 20)
#define SEND_BUFFER  (1 << 20)
#define NSEC_PER_SEC 1000000000ULL

static const char answer[] =
	"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n";

/* A JPEG, or the planes of a raw frame, behind room for the header. */
struct picture {
	uint8_t *data;
	size_t size;
};

static struct {
	struct picture pictures[PICTURES_MAX];
	unsigned n_pictures, fps, cameras, width, height;
	enum sends_kind send;
	int quality, viewers[VIEWERS_MAX];
	unsigned n_viewers;
	uint8_t *encoded;
	uint64_t frames, sends, skipped, stalled, encode_ns;
} state = {.fps = 30, .cameras = 1, .quality = 80};

static volatile sig_atomic_t is_stopping;

static void stop(int number)
{
	(void)number;
	is_stopping = 1;
}

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(EXIT_FAILURE);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static uint8_t *allocate(size_t bytes)
{
	uint8_t *data = malloc(bytes);

	if (!data) {
		fail("no memory");
	}
	return data;
}

static size_t read_some(const char *path, size_t offset, uint8_t *data, size_t max)
{
	FILE *file = fopen(path, "rbe");

	if (!file || fseek(file, (long)offset, SEEK_SET) != 0) {
		fail(path);
	}
	size_t size = fread(data, 1, max, file);
	fclose(file);
	return size;
}

static void load_jpeg(const char *path)
{
	uint8_t *data = allocate(PICTURE_MAX);
	size_t size = read_some(path, 0, data, PICTURE_MAX);

	if (state.n_pictures == PICTURES_MAX || size == 0 || size == PICTURE_MAX) {
		fail("too many pictures, or one that is empty or too large");
	}
	struct picture *picture = &state.pictures[state.n_pictures++];
	picture->data = sends_allocate(HEADROOM + size);
	if (!picture->data) {
		fail("no memory");
	}
	picture->size = size;
	memcpy(picture->data + HEADROOM, data, size);
	free(data);
}

static void load_planar(const char *path)
{
	size_t n = (size_t)state.width * state.height;
	uint8_t *packed = allocate(n * 2);

	while (state.n_pictures < PICTURES_MAX &&
		read_some(path, state.n_pictures * n * 2, packed, n * 2) == n * 2) {
		struct picture *picture = &state.pictures[state.n_pictures++];
		picture->size = n * 2;
		picture->data = allocate(n * 2);
		for (size_t i = 0; i < n / 2; i++) {
			picture->data[2 * i] = packed[4 * i];
			picture->data[2 * i + 1] = packed[4 * i + 2];
			picture->data[n + i] = packed[4 * i + 1];
			picture->data[n + n / 2 + i] = packed[4 * i + 3];
		}
	}
	free(packed);
}

static void write_planes(struct jpeg_compress_struct *cinfo, uint8_t *data)
{
	size_t n = (size_t)state.width * state.height;
	JSAMPROW y[DCTSIZE], cb[DCTSIZE], cr[DCTSIZE];
	JSAMPARRAY planes[3] = {y, cb, cr};

	while (cinfo->next_scanline < state.height) {
		for (unsigned i = 0; i < DCTSIZE; i++) {
			size_t row = cinfo->next_scanline + i;
			y[i] = data + row * state.width;
			cb[i] = data + n + row * state.width / 2;
			cr[i] = data + n + n / 2 + row * state.width / 2;
		}
		jpeg_write_raw_data(cinfo, planes, DCTSIZE);
	}
}

/* With the product's settings: 4:2:2, the accurate transform, the standard tables. */
static size_t encode(const struct picture *picture)
{
	static struct jpeg_compress_struct cinfo;
	static struct jpeg_error_mgr errors;
	unsigned char *data = state.encoded + HEADROOM;
	unsigned long size = PICTURE_MAX;
	uint64_t begun = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (!cinfo.err) {
		cinfo.err = jpeg_std_error(&errors);
		jpeg_create_compress(&cinfo);
		cinfo.input_components = 3;
		cinfo.in_color_space = JCS_YCbCr;
		jpeg_set_defaults(&cinfo);
		jpeg_set_quality(&cinfo, state.quality, TRUE);
		cinfo.image_width = state.width;
		cinfo.image_height = state.height;
		cinfo.raw_data_in = TRUE;
		cinfo.dct_method = JDCT_ISLOW;
		cinfo.comp_info[0].v_samp_factor = 1;
	}
	jpeg_mem_dest(&cinfo, &data, &size);
	jpeg_start_compress(&cinfo, TRUE);
	write_planes(&cinfo, picture->data);
	jpeg_finish_compress(&cinfo);
	if (data != state.encoded + HEADROOM) {
		fail("a picture is too large");
	}
	state.encode_ns += clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
	return size;
}

static void accept_viewers(int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			return;
		}
		if (state.n_viewers == VIEWERS_MAX) {
			fail("too many viewers");
		}
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		sends_open(state.send, fd);
		send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		state.viewers[state.n_viewers++] = fd;
	}
}

/* A viewer whose buffer is full skips the frame; one that took a part is waited for. */
static bool send_frame(int fd, const uint8_t *data, size_t size)
{
	ssize_t n = sends_give(state.send, fd, data, size);

	state.sends++;
	if (n == (ssize_t)size) {
		return true;
	}
	if (n < 0) {
		state.skipped++;
		return errno == EAGAIN;
	}
	state.stalled++;
	return send(fd, data + n, size - (size_t)n, MSG_NOSIGNAL) == (ssize_t)size - n;
}

static void send_to_all(uint8_t *payload, size_t size, uint64_t captured_ns)
{
	char header[HEADROOM];
	int length = snprintf(header, sizeof(header),
		"\r\n--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n"
		"X-Timestamp: %llu.%06llu\r\n\r\n",
		size, (unsigned long long)(captured_ns / NSEC_PER_SEC),
		(unsigned long long)(captured_ns % NSEC_PER_SEC / 1000));
	uint8_t *start = payload - length;

	memcpy(start, header, (size_t)length);
	for (unsigned i = 0; i < state.n_viewers; i++) {
		if (!send_frame(state.viewers[i], start, size + (size_t)length)) {
			close(state.viewers[i]);
			state.viewers[i--] = state.viewers[--state.n_viewers];
		}
	}
	state.frames++;
}

static void run(int listener)
{
	uint64_t next = clock_ns(CLOCK_MONOTONIC);

	for (unsigned i = 0; !is_stopping; i++) {
		next += NSEC_PER_SEC / state.fps;
		struct timespec until = {.tv_sec = (time_t)(next / NSEC_PER_SEC),
			.tv_nsec = (long)(next % NSEC_PER_SEC)};
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
			continue;
		}
		uint64_t captured = clock_ns(CLOCK_MONOTONIC);
		accept_viewers(listener);
		const struct picture *picture = &state.pictures[i % state.n_pictures];
		for (unsigned camera = 0; camera < state.cameras && state.n_viewers > 0; camera++) {
			size_t size = state.width ? encode(picture) : picture->size;
			send_to_all((state.width ? state.encoded : picture->data) + HEADROOM, size,
				captured);
		}
	}
	printf("{\"frames\":%llu,\"sends\":%llu,\"skipped\":%llu,\"stalled\":%llu,\"encode_ns\":%"
	       "llu}\n",
		(unsigned long long)state.frames, (unsigned long long)state.sends,
		(unsigned long long)state.skipped, (unsigned long long)state.stalled,
		(unsigned long long)state.encode_ns);
}

static int listen_at(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, 4096) < 0) {
		fail(strerror(errno));
	}
	return fd;
}

/* Returns the port. */
static uint16_t read_options(int argc, char **argv)
{
	static const struct option known[] = {{"port", required_argument, NULL, 'p'},
		{"fps", required_argument, NULL, 'f'}, {"cameras", required_argument, NULL, 'c'},
		{"planar", required_argument, NULL, 'y'}, {"quality", required_argument, NULL, 'q'},
		{"send", required_argument, NULL, 's'}, {"jpeg", no_argument, NULL, 'j'}, {0}};
	long port = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'p') {
			port = strtol(optarg, NULL, 10);
		} else if (option == 'f') {
			state.fps = (unsigned)strtoul(optarg, NULL, 10);
		} else if (option == 'c') {
			state.cameras = (unsigned)strtoul(optarg, NULL, 10);
		} else if (option == 'q') {
			state.quality = (int)strtol(optarg, NULL, 10);
		} else if (option == 'y') {
			if (sscanf(optarg, "%4ux%4u", &state.width, &state.height) != 2) {
				fail("--planar takes WxH");
			}
		} else if (option == 's') {
			if (!sends_parse(optarg, &state.send)) {
				fail("--send takes copy, zerocopy or sendfile");
			}
		} else if (option != 'j') {
			exit(2);
		}
	}
	if (port < 1 || port > UINT16_MAX || state.fps < 1 || state.fps > 1000 ||
		state.cameras < 1 || state.cameras > 8 || optind >= argc) {
		fail("a number that is out of range, or no picture");
	}
	if (state.width % (2 * DCTSIZE) || state.height % DCTSIZE) {
		fail("a raw picture is a multiple of 16 wide and of 8 high here");
	}
	return (uint16_t)port;
}

int main(int argc, char **argv)
{
	uint16_t port = read_options(argc, argv);
	struct sigaction action = {.sa_handler = stop};
	struct rlimit limit;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* sendfile(2) has no MSG_NOSIGNAL */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	for (int i = optind; i < argc; i++) {
		if (state.width) {
			load_planar(argv[i]);
		} else {
			load_jpeg(argv[i]);
		}
	}
	if (state.n_pictures == 0) {
		fail("no picture");
	}
	state.encoded = allocate(HEADROOM + PICTURE_MAX);
	run(listen_at(port));
	return EXIT_SUCCESS;
}
