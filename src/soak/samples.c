#include "soak/samples.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file/crc32.h"
#include "util/file/folder.h"
#include "util/io.h"

#define SAMPLES_MAGIC   "twinlens soak\n"
#define SAMPLES_VERSION 2
#define SAMPLES_MAX     (1u << 24) /* records: five years at 10 s */

/* Both in the byte order of the machine, which a header of another order does not match. */
struct header {
	char magic[16];
	uint32_t version;
	uint32_t record_bytes;
	uint32_t n_figures;
	uint32_t crc; /* of what stands before */
};

struct record {
	struct soak_sample sample;
	uint32_t zero;
	uint32_t crc; /* of what stands before */
};

static struct header make_header(void)
{
	struct header header = {
		.magic = SAMPLES_MAGIC,
		.version = SAMPLES_VERSION,
		.record_bytes = sizeof(struct record),
		.n_figures = SOAK_FIGURE_COUNT,
	};

	header.crc = crc32_of(&header, offsetof(struct header, crc));
	return header;
}

static int check_header(const char *path, const void *bytes, struct error *err)
{
	const struct header expected = make_header();

	if (memcmp(bytes, &expected, sizeof(expected)) != 0) {
		return error_set(err, -EBADMSG,
			"%s: not the samples of this version of twinlens; choose another --state",
			path);
	}
	return 0;
}

static int begin_file(int fd, const char *path, struct error *err)
{
	const struct header header = make_header();

	int r = io_write_all(fd, (const char *)&header, sizeof(header));
	if (r == 0 && fsync(fd) < 0) {
		r = -errno;
	}
	if (r == 0) {
		r = folder_sync_parent(path);
	}
	return r < 0 ? error_set(err, r, "%s: %s", path, error_name(r)) : 0;
}

/* A file with less than a header was being made when the run ended. */
static int continue_file(int fd, off_t size, const char *path, struct error *err)
{
	char bytes[sizeof(struct header)];

	if ((size_t)size < sizeof(bytes)) {
		if (ftruncate(fd, 0) < 0) {
			return error_set(err, -errno, "%s: %s", path, error_name(-errno));
		}
		return begin_file(fd, path, err);
	}
	if (pread(fd, bytes, sizeof(bytes), 0) != sizeof(bytes)) {
		return error_set(err, -EIO, "%s: cannot be read", path);
	}
	int r = check_header(path, bytes, err);
	if (r < 0) {
		return r;
	}
	off_t torn = (size - (off_t)sizeof(bytes)) % (off_t)sizeof(struct record);
	if (torn > 0 && ftruncate(fd, size - torn) < 0) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	return 0;
}

int samples_open(const char *path, struct error *err)
{
	struct stat status;

	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || fstat(fd, &status) < 0) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	int r = continue_file(fd, status.st_size, path, err);
	return r < 0 ? r : take_fd(fd);
}

int samples_append(int fd, const struct soak_sample *sample)
{
	struct record record;
	struct stat status;

	memset(&record, 0, sizeof(record)); /* padding is part of the checksum */
	record.sample = *sample;
	record.crc = crc32_of(&record, offsetof(struct record, crc));
	if (fstat(fd, &status) < 0) {
		return -errno;
	}
	int r = io_write_all(fd, (const char *)&record, sizeof(record));
	if (r < 0) {
		return ftruncate(fd, status.st_size) < 0 ? -errno : r;
	}
	return fdatasync(fd) < 0 ? -errno : 0;
}

int samples_map(const char *path, struct samples *ret_samples, struct error *err)
{
	struct stat status;

	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	size_t size = (size_t)status.st_size;
	if (size < sizeof(struct header)) {
		return error_set(err, -EBADMSG, "%s: has no samples yet", path);
	}
	size_t n = (size - sizeof(struct header)) / sizeof(struct record);
	if (n > SAMPLES_MAX) {
		return error_set(err, -EFBIG, "%s: more than %u samples", path, SAMPLES_MAX);
	}
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		return error_set(err, -errno, "%s: %s", path, error_name(-errno));
	}
	int r = check_header(path, map, err);
	if (r < 0) {
		munmap(map, size);
		return r;
	}
	*ret_samples = (struct samples){.map = map, .map_bytes = size, .n = n};
	return 0;
}

void samples_unmap(struct samples *samples)
{
	if (samples->map) {
		munmap((void *)samples->map, samples->map_bytes);
	}
	*samples = (struct samples){0};
}

bool samples_get(const struct samples *samples, size_t index, struct soak_sample *ret_sample)
{
	const char *at =
		(const char *)samples->map + sizeof(struct header) + index * sizeof(struct record);
	struct record record;

	memcpy(&record, at, sizeof(record));
	if (record.crc != crc32_of(&record, offsetof(struct record, crc)) ||
		record.sample.boot_id[SOAK_BOOT_ID_SIZE - 1] != '\0') {
		return false;
	}
	*ret_sample = record.sample;
	return true;
}
