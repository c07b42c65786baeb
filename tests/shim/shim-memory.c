/* What the buffers of all fake cameras take of the memory for devices. */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAPPINGS_MAX  4096
#define MEMINFO_BYTES 8192

struct mapping {
	const struct shim_device *device; /* NULL: its buffers are gone, but for this one */
	const char *address;
	size_t size;
};

static struct mapping mappings[MAPPINGS_MAX];
static unsigned n_mappings;
static int meminfo_fd = -1;
static off_t free_at; /* where the line of CmaFree is */
static size_t total_bytes, used_bytes;

static void publish(void)
{
	char line[64];

	if (meminfo_fd >= 0) {
		int length = snprintf(
			line, sizeof(line), "CmaFree: %12zu kB", (total_bytes - used_bytes) / 1024);
		if (pwrite(meminfo_fd, line, (size_t)length, free_at) != length) {
			shim_complain("V4L2_SHIM_MEMINFO cannot be written", line);
		}
	}
}

void shim_memory_configure(void)
{
	const char *path = getenv("V4L2_SHIM_MEMINFO");
	char text[MEMINFO_BYTES] = "";

	if (!path) {
		return;
	}
	int fd = shim.real.open(path, O_RDWR | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *total = strstr(text, "CmaTotal:"), *left = strstr(text, "CmaFree:");
	if (n <= 0 || !total || !left) {
		shim_complain("V4L2_SHIM_MEMINFO", path);
		return;
	}
	total_bytes = strtoull(total + strlen("CmaTotal:"), NULL, 10) * 1024;
	free_at = left - text;
	meminfo_fd = fd;
	publish();
}

void shim_memory_made(const struct shim_device *device)
{
	used_bytes += device->memory_bytes;
	publish();
}

void shim_memory_mapped(const struct shim_device *device, void *address, size_t size)
{
	if (n_mappings == MAPPINGS_MAX) {
		shim_complain("more mappings than the shim counts", device->path);
		return;
	}
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	mappings[n_mappings++] = (struct mapping){
		.device = device, .address = address, .size = (size + page - 1) / page * page};
}

void shim_memory_freed(const struct shim_device *device)
{
	used_bytes -= device->memory_bytes;
	for (unsigned i = 0; i < n_mappings; i++) {
		if (mappings[i].device == device) {
			mappings[i].device = NULL;
			used_bytes += mappings[i].size;
		}
	}
	publish();
}

void shim_memory_unmapped(const void *address, size_t size)
{
	const char *begin = address;

	for (unsigned i = 0; i < n_mappings;) {
		if (mappings[i].address < begin || mappings[i].address >= begin + size) {
			i++;
			continue;
		}
		if (!mappings[i].device) {
			used_bytes -= mappings[i].size;
			publish();
		}
		mappings[i] = mappings[--n_mappings];
	}
}
