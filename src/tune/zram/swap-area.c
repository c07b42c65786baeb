/* The first page of a swap area, and swapon(2). The layout is union swap_header of the kernel's
 * linux/swap.h, which mkswap(8) writes the same way. */
#include "tune/zram/swap-area.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/swap.h>

#include "util/cleanup.h"

#define MAGIC      "SWAPSPACE2"
#define MAGIC_SIZE 10
#define VERSION    1

struct swap_header {
	char boot_bits[1024];
	uint32_t version, last_page, n_bad_pages;
	uint8_t uuid[16];
	char label[16];
};

static void format_uuid(const uint8_t bytes[16], char uuid[SWAP_UUID_SIZE])
{
	char *text = uuid;

	for (size_t i = 0; i < 16; i++) {
		bool has_dash = i == 4 || i == 6 || i == 8 || i == 10;
		text += sprintf(text, "%s%02x", has_dash ? "-" : "", bytes[i]);
	}
}

int swap_uuid_make(char uuid[SWAP_UUID_SIZE])
{
	uint8_t bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		return -EIO;
	}
	bytes[6] = (bytes[6] & 0x0f) | 0x40; /* version 4, variant 1 of RFC 4122 */
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	format_uuid(bytes, uuid);
	return 0;
}

static bool parse_uuid(const char *text, uint8_t bytes[16])
{
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte;
		text += *text == '-';
		if (sscanf(text, "%2x", &byte) != 1) {
			return false;
		}
		bytes[i] = (uint8_t)byte;
		text += 2;
	}
	return *text == '\0';
}

int swap_header_write(const char *path, uint64_t size_bytes, const char *uuid, const char *label)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	_cleanup_free_ char *buffer = calloc(1, page);
	struct swap_header header = {.version = VERSION};

	if (!buffer) {
		return -ENOMEM;
	}
	if (size_bytes / page > UINT32_MAX || !parse_uuid(uuid, header.uuid) ||
		strlen(label) >= sizeof(header.label)) {
		return -EINVAL;
	}
	header.last_page = (uint32_t)(size_bytes / page - 1);
	memcpy(header.label, label, strlen(label));
	memcpy(buffer, &header, sizeof(header));
	memcpy(buffer + page - MAGIC_SIZE, MAGIC, MAGIC_SIZE);

	_cleanup_close_ int fd = open(path, O_WRONLY | O_EXCL | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		return -errno;
	}
	ssize_t n = pwrite(fd, buffer, page, 0);
	if (n < 0 || fsync(fd) < 0) {
		return -errno;
	}
	return (size_t)n == page ? 0 : -EIO;
}

int swap_header_read(const char *path, char uuid[SWAP_UUID_SIZE])
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	_cleanup_free_ char *buffer = calloc(1, page);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct swap_header header;

	if (!buffer || fd < 0) {
		return buffer ? -errno : -ENOMEM;
	}
	ssize_t n = pread(fd, buffer, page, 0);
	if (n < 0) {
		return -errno;
	}
	uuid[0] = '\0';
	if ((size_t)n == page && memcmp(buffer + page - MAGIC_SIZE, MAGIC, MAGIC_SIZE) == 0) {
		memcpy(&header, buffer, sizeof(header));
		format_uuid(header.uuid, uuid);
	}
	return 0;
}

int swap_enable(const char *path, int priority)
{
	int flags = SWAP_FLAG_PREFER | (priority << SWAP_FLAG_PRIO_SHIFT & SWAP_FLAG_PRIO_MASK);

	return swapon(path, flags) < 0 ? -errno : 0;
}
