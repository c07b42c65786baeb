#include "kernel/process/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define STATE_LISTEN 0x0a  /* TCP_LISTEN of the kernel's tcp_states.h */
#define INODES_MAX   65536 /* descriptors that are looked at */

struct inodes {
	uint64_t *items;
	size_t n;
};

static void inodes_done(struct inodes *inodes)
{
	free(inodes->items);
}

/* 0, -ENOMEM, or -E2BIG. */
static int add_inode(struct inodes *inodes, uint64_t inode)
{
	if (inodes->n == INODES_MAX) {
		return -E2BIG;
	}
	uint64_t *more = reallocarray(inodes->items, inodes->n + 1, sizeof(inode));
	if (!more) {
		return -ENOMEM;
	}
	inodes->items = more;
	more[inodes->n++] = inode;
	return 0;
}

static bool has_inode(const struct inodes *inodes, uint64_t inode)
{
	for (size_t i = 0; i < inodes->n; i++) {
		if (inodes->items[i] == inode) {
			return true;
		}
	}
	return false;
}

static int read_inodes(const struct sysroot *root, pid_t pid, struct inodes *inodes)
{
	char path[96], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, path);
	if (!folder) {
		return -errno;
	}
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		uint64_t inode;
		snprintf(path, sizeof(path), "/proc/%d/fd/%.20s", (int)pid, entry->d_name);
		if (sysroot_readlink(root, path, target, sizeof(target)) < 0 ||
			sscanf(target, "socket:[%" SCNu64 "]", &inode) != 1) {
			continue;
		}
		int r = add_inode(inodes, inode);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* The kernel prints addresses as words in the machine's byte order. */
static void set_ipv4(const char *hex, unsigned port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *address = (struct sockaddr_in *)ret_address;

	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)port);
	address->sin_addr.s_addr = (uint32_t)strtoul(hex, NULL, 16);
	if (address->sin_addr.s_addr == htonl(INADDR_ANY)) {
		address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
}

static void set_ipv6(const char *hex, unsigned port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in6 *address = (struct sockaddr_in6 *)ret_address;

	address->sin6_family = AF_INET6;
	address->sin6_port = htons((uint16_t)port);
	for (size_t i = 0; i < 4; i++) {
		char word[9] = "";
		memcpy(word, hex + 8 * i, 8);
		uint32_t value = (uint32_t)strtoul(word, NULL, 16);
		memcpy(address->sin6_addr.s6_addr + 4 * i, &value, sizeof(value));
	}
	if (IN6_IS_ADDR_UNSPECIFIED(&address->sin6_addr)) {
		address->sin6_addr = in6addr_loopback;
	}
}

/* "   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 12345 ..." */
static void read_line(const char *line, const struct inodes *inodes, struct listeners *listeners)
{
	char hex[33];
	unsigned port, state;
	uint64_t inode;

	if (listeners->n == LISTENERS_MAX ||
		sscanf(line,
			" %*u: %32[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*x %2x %*x:%*x %*x:%*x %*x %*u "
			"%*u %" SCNu64,
			hex, &port, &state, &inode) != 4 ||
		state != STATE_LISTEN || !has_inode(inodes, inode)) {
		return;
	}
	struct sockaddr_storage *address = &listeners->addresses[listeners->n];
	if (strlen(hex) == 8) {
		set_ipv4(hex, port, address);
	} else if (strlen(hex) == 32) {
		set_ipv6(hex, port, address);
	} else {
		return;
	}
	listeners->n++;
}

/* A kernel without IPv6 has no tcp6. */
static void read_sockets(const struct sysroot *root, pid_t pid, const char *name,
	const struct inodes *inodes, struct listeners *listeners)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/net/%s", (int)pid, name);
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	while (file && getline(&line, &room, file) >= 0) {
		read_line(line, inodes, listeners);
	}
}

int listeners_read(const struct sysroot *root, pid_t pid, struct listeners *ret_listeners)
{
	_cleanup_(inodes_done) struct inodes inodes = {0};
	struct listeners listeners = {0};

	int r = read_inodes(root, pid, &inodes);
	if (r < 0) {
		return r;
	}
	read_sockets(root, pid, "tcp", &inodes, &listeners);
	read_sockets(root, pid, "tcp6", &inodes, &listeners);
	*ret_listeners = listeners;
	return 0;
}
