/* flock(2), and the holder's words in the file: they are read by those who wait, and count for
 * nothing else, so that what a killed process left there does no harm. */
#include "tune/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file/folder.h"

#define RETRY_NS (50 * NSEC_PER_MSEC)

static int wait_for(int fd, uint64_t timeout_ns)
{
	uint64_t deadline = clock_now_ns() + timeout_ns;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			return -errno;
		}
		if (clock_now_ns() >= deadline) {
			return -EBUSY;
		}
		const struct timespec pause = {.tv_nsec = RETRY_NS};
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int tell_busy(int fd, const char *path, struct error *err)
{
	char holder[64];
	ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);

	holder[n > 0 ? n : 0] = '\0';
	holder[strcspn(holder, "\n")] = '\0';
	return error_set(err, -EBUSY, "%s is held by %s: wait until that has ended", path,
		holder[0] ? holder : "another run");
}

int lock_take(
	const char *folder, const char *what, uint64_t timeout_ns, int *ret_fd, struct error *err)
{
	char path[PATH_MAX], text[64];

	int r = folder_make(folder);
	if (r < 0 || (size_t)snprintf(path, sizeof(path), "%s/lock", folder) >= sizeof(path)) {
		return error_set(err, r < 0 ? r : -ENAMETOOLONG, "%.200s: cannot be made: %s",
			folder, error_name(r < 0 ? r : -ENAMETOOLONG));
	}
	/* Who can open it can hold it. */
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0) {
		return error_set(err, -errno, "%.200s: %s", path, error_name(-errno));
	}
	r = wait_for(fd, timeout_ns);
	if (r == -EBUSY) {
		return tell_busy(fd, path, err);
	}
	int size = snprintf(text, sizeof(text), "process %d (%.32s)\n", (int)getpid(), what);
	if (r < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)size, 0) < 0) {
		return error_set(err, -errno, "%.200s: %s", path, error_name(-errno));
	}
	*ret_fd = take_fd(fd);
	return 0;
}
