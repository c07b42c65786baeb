#include "profile/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "util/cleanup.h"
#include "util/clock.h"

int interrupt_open(struct interrupt *interrupt)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	int r = pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (r != 0) {
		return -r;
	}
	*interrupt = (struct interrupt){.fd = signalfd(-1, &signals, SFD_CLOEXEC)};
	return interrupt->fd < 0 ? -errno : 0;
}

void interrupt_close(struct interrupt *interrupt)
{
	interrupt->fd = close_fd(interrupt->fd);
}

int interrupt_wait(struct interrupt *interrupt, int fd, uint64_t deadline_ns)
{
	struct pollfd polled[] = {
		{.fd = interrupt->fd, .events = POLLIN},
		{.fd = fd, .events = POLLIN},
	};

	while (!interrupt->is_raised) {
		uint64_t now = clock_now_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
		const struct timespec timeout = {.tv_sec = (time_t)(left / NSEC_PER_SEC),
			.tv_nsec = (long)(left % NSEC_PER_SEC)};
		int n = ppoll(polled, 2, &timeout, NULL);
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n > 0 && polled[0].revents) {
			interrupt->is_raised = true;
		} else if (n > 0 && polled[1].revents) {
			return 1;
		} else if (n == 0) {
			return 0;
		}
	}
	return -EINTR;
}

int interrupt_wait_child(
	struct interrupt *interrupt, struct child *child, uint64_t deadline_ns, int *ret_status)
{
	int r = interrupt_wait(interrupt, child->fd, deadline_ns);

	if (r <= 0) {
		return r < 0 ? r : -ETIMEDOUT;
	}
	return child_wait(child, 0, ret_status);
}
