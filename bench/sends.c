#include "sends.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/* Address space only: pages that are not written to cost nothing. */
#define ARENA_BYTES ((size_t)1 << 30)

static struct {
	int fd;
	uint8_t *memory;
	size_t used;
} arena = {.fd = -1};

bool sends_parse(const char *name, enum sends_kind *ret_kind)
{
	static const char *const names[] = {"copy", "zerocopy", "sendfile"};

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_kind = (enum sends_kind)i;
			return true;
		}
	}
	return false;
}

static bool make_arena(void)
{
	arena.fd = memfd_create("pictures", MFD_CLOEXEC);
	if (arena.fd < 0 || ftruncate(arena.fd, (off_t)ARENA_BYTES) < 0) {
		return false;
	}
	arena.memory = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, arena.fd, 0);
	return arena.memory != MAP_FAILED;
}

uint8_t *sends_allocate(size_t bytes)
{
	if ((!arena.memory && !make_arena()) || bytes > ARENA_BYTES - arena.used) {
		return NULL;
	}
	arena.used += bytes;
	return arena.memory + arena.used - bytes;
}

void sends_open(enum sends_kind kind, int fd)
{
	if (kind == SENDS_ZEROCOPY) {
		(void)setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &(int){1}, sizeof(int));
	} else if (kind == SENDS_SENDFILE) {
		(void)fcntl(fd, F_SETFL, O_NONBLOCK); /* sendfile(2) has no flags */
	}
}

/* Without reading them notices of completion fill the socket's memory. */
static void read_notices(int fd)
{
	char control[128];
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};

	while (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
		message.msg_controllen = sizeof(control);
	}
}

long sends_give(enum sends_kind kind, int fd, const uint8_t *data, size_t size)
{
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;

	if (kind == SENDS_COPY) {
		return send(fd, data, size, flags);
	}
	if (kind == SENDS_ZEROCOPY) {
		read_notices(fd);
		return send(fd, data, size, flags | MSG_ZEROCOPY);
	}
	off_t offset = data - arena.memory;
	return sendfile(fd, arena.fd, &offset, size);
}
