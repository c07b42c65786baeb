/*
 * The protocol of sd_notify(3), which that page declares stable and gives to be written anew: one
 * datagram. Loading libsystemd for it would cost a third of the server's memory (0.9 of 2.8 MB PSS,
 * as it brings libgcrypt, liblz4 and others along).
 */
#include "util/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/parse.h"

#define MESSAGE_MAX 512

/* 0, or -EINVAL for what is neither a path nor an abstract address. */
static int parse_address(const char *text, struct sockaddr_un *ret_address, socklen_t *ret_size)
{
	size_t length = strlen(text);

	if ((text[0] != '/' && text[0] != '@') || length < 2 ||
		length >= sizeof(ret_address->sun_path)) {
		return -EINVAL;
	}
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, text, length);
	if (text[0] == '@') {
		ret_address->sun_path[0] = '\0';
	}
	*ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

static int send_message(const char *address_text, const char *message)
{
	struct sockaddr_un address;
	socklen_t size;
	int r = parse_address(address_text, &address, &size);

	if (r < 0) {
		return r;
	}
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	return sendto(fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		       size) < 0
		       ? -errno
		       : 0;
}

void notify_systemd(const char *format, ...)
{
	const char *address = getenv("NOTIFY_SOCKET");
	char message[MESSAGE_MAX];
	va_list arguments;

	if (!address) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	int r = send_message(address, message);
	if (r < 0) {
		log_debug("NOTIFY_SOCKET %s: %s", address, error_name(r));
	}
}

/* WATCHDOG_PID, when it is set, says whom WATCHDOG_USEC is meant for: a child inherits both. */
uint64_t notify_watchdog_interval_ns(void)
{
	const char *usec_text = getenv("WATCHDOG_USEC"), *pid_text = getenv("WATCHDOG_PID");
	uint64_t usec, pid;

	if (!usec_text || parse_u64(usec_text, 1, UINT64_MAX / NSEC_PER_USEC, &usec) < 0) {
		return 0;
	}
	if (pid_text &&
		(parse_u64(pid_text, 1, INT32_MAX, &pid) < 0 || pid != (uint64_t)getpid())) {
		return 0;
	}
	return usec * NSEC_PER_USEC / 2;
}
