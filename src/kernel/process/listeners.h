/* On which addresses a process listens: /proc/PID/net/tcp{,6} and the sockets that it has open. */
#ifndef KERNEL_PROCESS_LISTENERS_H
#define KERNEL_PROCESS_LISTENERS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "util/sysroot.h"

#define LISTENERS_MAX 8

struct listeners {
	/* sockaddr_in or sockaddr_in6; "every address" is written as the loopback's */
	struct sockaddr_storage addresses[LISTENERS_MAX];
	size_t n;
};

/*
 * IPv4 first; of more than LISTENERS_MAX the first ones. 0, also when it listens nowhere; -EACCES;
 * -ENOENT or -ESRCH when the process has ended.
 */
int listeners_read(const struct sysroot *root, pid_t pid, struct listeners *ret_listeners);

#endif
