#include "watch/alert/trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util/cleanup.h"

int pressure_trigger_open(void)
{
	static const char trigger[] = "some 200000 2000000";
	_cleanup_close_ int fd = open("/proc/pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		return -errno;
	}
	/* With its NUL: the kernel overwrites the last byte. */
	if (write(fd, trigger, sizeof(trigger)) < 0) {
		return -errno;
	}
	return take_fd(fd);
}
