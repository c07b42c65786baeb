#include "tune/zram/zram-device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "util/backoff.h"
#include "util/cleanup.h"
#include "util/parse.h"

#define CONTROL "/sys/class/zram-control"

void zram_device_path(int number, char path[ZRAM_PATH_MAX])
{
	snprintf(path, ZRAM_PATH_MAX, "/dev/zram%d", number);
}

static void attribute_path(int number, const char *name, char *path)
{
	snprintf(path, PATH_MAX, "/sys/block/zram%d/%s", number, name);
}

static int read_attribute(
	const struct sysroot *root, int number, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];

	attribute_path(number, name, path);
	return sysroot_read(root, path, text, size);
}

static int write_attribute(
	const struct sysroot *root, int number, const char *name, const char *text)
{
	char path[PATH_MAX];

	attribute_path(number, name, path);
	return sysroot_write(root, path, text);
}

static int read_number(
	const struct sysroot *root, int number, const char *name, uint64_t *ret_value)
{
	char text[32];
	int r = read_attribute(root, number, name, text, sizeof(text));

	return r < 0 ? r : parse_u64(text, 0, UINT64_MAX, ret_value);
}

/* "lzo-rle [lz4] zstd": the one in brackets is in use. */
static void parse_algorithms(const char *text, struct zram_device *device)
{
	const char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
	size_t used = 0;

	if (close) {
		snprintf(device->algorithm, sizeof(device->algorithm), "%.*s",
			(int)(close - open - 1), open + 1);
	}
	device->algorithms[used++] = ' ';
	for (; *text && used < sizeof(device->algorithms) - 2; text++) {
		if (*text != '[' && *text != ']') {
			device->algorithms[used++] = *text;
		}
	}
	device->algorithms[used++] = ' ';
	device->algorithms[used] = '\0';
}

static int read_sequence(const struct sysroot *root, int number, uint64_t *ret_sequence)
{
	char path[PATH_MAX], full[PATH_MAX];
	struct stat status;

	int r = read_number(root, number, "diskseq", ret_sequence);
	if (r != -ENOENT) {
		return r;
	}
	snprintf(path, sizeof(path), "/sys/block/zram%d", number);
	r = sysroot_path(root, path, full, sizeof(full));
	if (r < 0 || stat(full, &status) < 0) {
		return r < 0 ? r : -errno;
	}
	*ret_sequence = status.st_ino;
	return 0;
}

int zram_device_read(const struct sysroot *root, int number, struct zram_device *ret_device)
{
	struct zram_device device = {.number = number};
	char algorithms[ZRAM_ALGORITHMS_MAX - 4];

	int r = read_number(root, number, "disksize", &device.size_bytes);
	if (r < 0) {
		return r;
	}
	r = read_attribute(root, number, "comp_algorithm", algorithms, sizeof(algorithms));
	if (r < 0) {
		return r;
	}
	parse_algorithms(algorithms, &device);
	r = read_sequence(root, number, &device.sequence);
	if (r < 0) {
		return r;
	}
	*ret_device = device;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int zram_device_list(const struct sysroot *root, int *numbers, size_t max)
{
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, "/sys/block");
	size_t n = 0;

	if (!folder) {
		return errno == ENOENT ? 0 : -errno;
	}
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		uint64_t number;
		if (strncmp(entry->d_name, "zram", 4) == 0 && n < max &&
			parse_u64(entry->d_name + 4, 0, INT_MAX, &number) == 0) {
			numbers[n++] = (int)number;
		}
	}
	qsort(numbers, n, sizeof(*numbers), compare_numbers);
	return (int)n;
}

int zram_device_memory(const struct sysroot *root, int number, uint64_t *ret_bytes)
{
	char text[256];
	int r = read_attribute(root, number, "mm_stat", text, sizeof(text));

	if (r < 0) {
		return r;
	}
	/* orig_data_size compr_data_size mem_used_total ... */
	return sscanf(text, "%*u %*u %" SCNu64, ret_bytes) == 1 ? 0 : -EBADMSG;
}

static int open_at(const struct sysroot *root, const char *path, int flags)
{
	char full[PATH_MAX];
	int r = sysroot_path(root, path, full, sizeof(full));

	if (r < 0) {
		return r;
	}
	int fd = open(full, flags | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

/* A page of the claim that can be written to without a fault: in one, the kernel does not finish a
 * copy to a process that is being killed. */
static int map_claim(int fd, void **ret_page)
{
	/* With blocks of its own: a full file system says so here, and not by SIGBUS. */
	if (fallocate(fd, 0, 0, ZRAM_NUMBER_SIZE) < 0) {
		return -errno;
	}
	void *page = mmap(NULL, ZRAM_NUMBER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		return -errno;
	}
	if (mlock(page, ZRAM_NUMBER_SIZE) < 0) {
		int r = -errno;
		munmap(page, ZRAM_NUMBER_SIZE);
		return r;
	}
	*(volatile char *)page = '\0'; /* mlock only reads pages that are shared */
	*ret_page = page;
	return 0;
}

int zram_device_hot_add(const struct sysroot *root, const char *claim)
{
	_cleanup_close_ int in = open_at(root, CONTROL "/hot_add", O_RDONLY);
	_cleanup_close_ int out = in < 0 ? in : open_at(root, claim, O_RDWR | O_CREAT | O_EXCL);
	void *page = NULL;

	int r = out < 0 ? out : map_claim(out, &page);
	if (r < 0) {
		return r;
	}
	ssize_t n = read(in, page, ZRAM_NUMBER_SIZE);
	r = n < 0 ? -errno : n == 0 ? -EIO : 0;
	munmap(page, ZRAM_NUMBER_SIZE);
	return r;
}

/* comp_algorithm comes before disksize: it is -EBUSY afterwards. The kernel takes any name that it
 * finds a compressor for, also of a module that is not loaded yet; else -EINVAL, or -ENOENT. */
static int set_algorithm(const struct sysroot *root, int number, const char *const *algorithms,
	size_t n_algorithms, struct error *err)
{
	char names[128] = "";
	int r = -EINVAL;

	for (size_t i = 0; i < n_algorithms; i++) {
		struct zram_device device;
		size_t used = strlen(names);
		snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "", algorithms[i]);
		r = write_attribute(root, number, "comp_algorithm", algorithms[i]);
		if (r == 0) {
			r = zram_device_read(root, number, &device);
		}
		if (r == 0 && strcmp(device.algorithm, algorithms[i]) == 0) {
			return 0;
		}
		if (r < 0 && r != -EINVAL && r != -ENOENT) {
			break;
		}
	}
	return error_set(err, r < 0 ? r : -EIO, "zram%d: comp_algorithm = %s: %s", number, names,
		r < 0 ? error_name(r) : "the kernel keeps another");
}

int zram_device_configure(const struct sysroot *root, int number, const char *const *algorithms,
	size_t n_algorithms, uint64_t size_bytes, struct error *err)
{
	struct zram_device device;
	char text[32];

	int r = set_algorithm(root, number, algorithms, n_algorithms, err);
	if (r < 0) {
		return r;
	}
	snprintf(text, sizeof(text), "%" PRIu64, size_bytes);
	r = write_attribute(root, number, "disksize", text);
	if (r == 0) {
		r = zram_device_read(root, number, &device);
	}
	if (r < 0) {
		return error_set(err, r, "zram%d: disksize = %s: %s", number, text, error_name(r));
	}
	if (device.size_bytes != size_bytes) {
		/* With another size it is nobody's: rollback would leave it. */
		int undone = write_attribute(root, number, "reset", "1");
		(void)undone; /* the error is told in any case */
		return error_set(err, -EIO,
			"zram%d: disksize = %s: the kernel made %" PRIu64 " of it", number, text,
			device.size_bytes);
	}
	return 0;
}

int zram_device_remove(const struct sysroot *root, int number, uint64_t timeout_ns)
{
	struct backoff backoff;
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", number);
	backoff_init(&backoff, timeout_ns);
	do {
		struct zram_device device;
		r = zram_device_read(root, number, &device);
		if (r == 0 && device.size_bytes > 0) {
			r = write_attribute(root, number, "reset", "1");
		}
		if (r == 0) {
			r = sysroot_write(root, CONTROL "/hot_remove", text);
		}
	} while (r == -EBUSY && backoff_wait(&backoff));
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}
