#include "lose.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOLE_BYTES      4096
#define HOLE_MORE_BYTES 32 /* than the one before, which does not fit therefore */
#define HOLES_FIRST     64 /* more than fit into the free end that a heap begins with */
#define PIN_BYTES       24

static void must(int is_done)
{
	if (!is_done) {
		abort();
	}
}

/* One end of a TCP connection of this process with itself. */
static int connect_to_self(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0);
	must(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	must(connect(one, (struct sockaddr *)&address, length) == 0);
	must(accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0);
	close(listener);
	return one;
}

void lose_socket_memory(void)
{
	static const char bytes[1024];
	static int one = -1;

	if (one < 0) {
		one = connect_to_self();
	}
	must(send(one, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(bytes));
}

void lose_descriptor(void)
{
	must(eventfd(0, EFD_CLOEXEC) >= 0);
}

static void *sleep_for_good(void *unused)
{
	for (;;) {
		pause();
	}
	return unused;
}

void lose_thread(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, sleep_for_good, NULL) == 0);
}

void lose_device_memory(void)
{
	struct v4l2_requestbuffers request = {
		.count = 1, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int fd = open(getenv("LEAK_DEVICE"), O_RDWR | O_CLOEXEC);

	must(ioctl(fd, VIDIOC_REQBUFS, &request) == 0);
	must(ioctl(fd, VIDIOC_QUERYBUF, &buffer) == 0);
	must(mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, fd, buffer.m.offset) != MAP_FAILED);
	close(fd);
}

static void make_hole(void)
{
	static size_t size = HOLE_BYTES;
	static void *volatile pin;
	char *hole = malloc(size);
	void *behind = malloc(size); /* so large that it does not fit into an earlier hole */

	must(hole != NULL && behind != NULL);
	memset(hole, 1, size);
	pin = realloc(behind, PIN_BYTES);
	must(pin != NULL);
	free(hole);
	size += HOLE_MORE_BYTES;
}

void fragment(void)
{
	static unsigned n = HOLES_FIRST;

	for (; n > 0; n--) {
		make_hole();
	}
	n = 1;
}
