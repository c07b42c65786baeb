/*
 * Giving up a swap area. The kernel does not protect itself there: it reads every page back, and
 * when memory ends it kills processes for it. So it is first proven to fit, and then watched:
 * swapoff(2) returns when a signal is pending, and the area stays in use, whole.
 */
#include "tune/zram/swap-disable.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>

#include "kernel/meminfo.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define POLL_NS     (20 * NSEC_PER_MSEC)
#define REAP_NS     (2 * NSEC_PER_SEC)
#define MARGIN_PART 64 /* of the memory stays free: 64 MiB of 4 GiB */

int swap_fit_init(struct swap_fit *fit, const struct sysroot *root, const struct swap_area *area,
	uint64_t compressed_bytes)
{
	struct meminfo info;

	int r = meminfo_read(root, &info);
	if (r < 0) {
		return r;
	}
	if (!info.has[MEMINFO_TOTAL] || !info.has[MEMINFO_AVAILABLE]) {
		return -ENOENT;
	}
	*fit = (struct swap_fit){
		.used = area->used_bytes,
		.available = info.bytes[MEMINFO_AVAILABLE],
		.compressed = compressed_bytes,
		.margin = info.bytes[MEMINFO_TOTAL] / MARGIN_PART,
	};
	return 0;
}

bool swap_fit_holds(const struct swap_fit *fit)
{
	return fit->used == 0 || fit->used + fit->margin <= fit->available + fit->compressed;
}

/* The child does nothing but the call. The OOM killer, should it come all the same, takes it first.
 * It keeps no descriptor: one that hangs would hold the lock. */
__attribute__((noreturn)) static void run_child(const char *path, pid_t parent)
{
	sigset_t none;
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t n = write(fd, "1000", 4);
		(void)n; /* without it the deadline and the margin still hold */
		close(fd);
	}
	close_range(0, ~0U, 0); /* before Linux 5.9, only a later run has to wait for it */
	sigemptyset(&none);
	sigaddset(&none, SIGINT);
	sigaddset(&none, SIGTERM);
	sigaddset(&none, SIGHUP);
	sigprocmask(SIG_BLOCK, &none, NULL); /* ^C is for the parent, which finishes the step */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
		_exit(EINTR);
	}
	_exit(swapoff(path) < 0 ? errno : 0);
}

/* 1 while the child runs; then 0 or a negative errno, and it is reaped. */
static int poll_child(pid_t child)
{
	int status;
	pid_t pid = waitpid(child, &status, WNOHANG);

	if (pid < 0) {
		return errno == EINTR ? 1 : -errno;
	}
	if (pid == 0) {
		return 1;
	}
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/* An enum swap_ended when the child is to be ended; otherwise as poll_child. */
static int wait_child(pid_t child, uint64_t timeout_ns, bool (*is_short)(void *data), void *data)
{
	const uint64_t deadline = clock_now_ns() + timeout_ns;
	const struct timespec pause = {.tv_nsec = POLL_NS};

	for (;;) {
		int r = poll_child(child);
		if (r <= 0) {
			return r;
		}
		if (clock_now_ns() > deadline) {
			return SWAP_ENDED_LATE;
		}
		if (is_short && is_short(data)) {
			return SWAP_ENDED_SHORT;
		}
		nanosleep(&pause, NULL);
	}
}

int swap_disable(const char *path, uint64_t timeout_ns, bool (*is_short)(void *data), void *data)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child < 0) {
		return -errno;
	}
	if (child == 0) {
		run_child(path, parent);
	}
	int r = wait_child(child, timeout_ns, is_short, data);
	if (r > 0) {
		kill(child, SIGKILL);
		/* It may have ended well in between. One that hangs in the kernel is left there. */
		int ended = wait_child(child, REAP_NS, NULL, NULL);
		r = ended == 0 ? 0 : r;
	}
	return r;
}
