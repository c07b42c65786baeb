#include "source/pacer.h"

#include <errno.h>
#include <sys/timerfd.h>

#include "util/cleanup.h"
#include "util/clock.h"

static struct timespec from_ns(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};
}

int pacer_open(uint32_t fps)
{
	const struct itimerspec ticks = {
		.it_value = from_ns(clock_now_ns()),
		.it_interval = from_ns((NSEC_PER_SEC + fps / 2) / fps),
	};
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &ticks, NULL) < 0) {
		return -errno;
	}
	return take_fd(fd);
}

int pacer_take(int fd)
{
	uint64_t ticks;

	return read(fd, &ticks, sizeof(ticks)) < 0 ? -errno : 0;
}
