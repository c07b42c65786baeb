#include "accept/unplug.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"

static bool is_patient(const char *driver)
{
	static const char *const names[] = {"uvcvideo", "vivid"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], driver) == 0) {
			return true;
		}
	}
	return false;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The name of the node behind links such as /dev/v4l/by-id/usb-... */
static int resolve_node(const struct sysroot *root, const char *node, char name[static PATH_MAX])
{
	int r = sysroot_readlink(root, node, name, PATH_MAX);

	if (r == -EINVAL) {
		snprintf(name, PATH_MAX, "%s", node);
		r = 0;
	}
	if (r == 0) {
		memmove(name, last_part(name), strlen(last_part(name)) + 1);
	}
	return r;
}

int unplug_find(
	const struct sysroot *root, const char *node, struct unplug *ret_unplug, struct error *err)
{
	char name[PATH_MAX], path[PATH_MAX + 64], link[PATH_MAX];
	struct unplug unplug = {.root = root, .fd = -1};

	int r = resolve_node(root, node, name);
	if (r == 0) {
		snprintf(path, sizeof(path), "/sys/class/video4linux/%s/device", name);
		r = sysroot_readlink(root, path, link, sizeof(link));
	}
	if (r < 0 || strlen(last_part(link)) >= sizeof(unplug.device)) {
		return error_set(err, -ENODEV, "%s: has no device in /sys", node);
	}
	strcpy(unplug.device, last_part(link));
	strcat(path, "/driver");
	r = sysroot_readlink(root, path, link, sizeof(link));
	if (r < 0) {
		return error_set(err, -ENODEV, "%s: has no driver in /sys", node);
	}
	/* "../../../bus/usb/drivers/uvcvideo", with as many steps up as the device is deep. */
	const char *bus = strstr(link, "/bus/");
	if (!bus || !is_patient(last_part(link))) {
		return error_set(err, -ENOTSUP, "%s: driver %s", node, last_part(link));
	}
	snprintf(unplug.driver, sizeof(unplug.driver), "/sys%.*s", PATH_MAX - 128, bus);
	*ret_unplug = unplug;
	return 0;
}

static int tell_driver(const struct unplug *unplug, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", unplug->driver, file);
	return sysroot_write(unplug->root, path, unplug->device);
}

/* In the child: in a session of its own, so that ^C does not end it. */
static _Noreturn void guard(const struct unplug *unplug, int fd)
{
	sigset_t all;
	char byte;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	while (read(fd, &byte, 1) < 0 && errno == EINTR) {
	}
	_exit(-tell_driver(unplug, "bind"));
}

static int start_guard(struct unplug *unplug)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return -errno;
	}
	unplug->guard = fork();
	if (unplug->guard == 0) {
		close_fd(ends[1]);
		guard(unplug, ends[0]);
	}
	int r = unplug->guard < 0 ? -errno : 0;
	close_fd(ends[0]);
	if (r < 0) {
		close_fd(ends[1]);
		return r;
	}
	unplug->fd = ends[1];
	return 0;
}

static int end_guard(struct unplug *unplug)
{
	int status;

	unplug->fd = close_fd(unplug->fd);
	while (waitpid(unplug->guard, &status, 0) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
	}
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int unplug_pull(struct unplug *unplug, struct error *err)
{
	int r = start_guard(unplug);

	if (r == 0) {
		r = tell_driver(unplug, "unbind");
		if (r < 0) {
			(void)end_guard(unplug); /* finds it bound, which is what it is to be */
		}
	}
	return r < 0 ? error_set(err, r, "%s/unbind: %s: %s", unplug->driver, unplug->device,
			       error_name(r))
		     : 0;
}

int unplug_plug(struct unplug *unplug, struct error *err)
{
	int r = end_guard(unplug);

	return r < 0 ? error_set(err, r, "%s/bind: %s: %s; unplug the camera and plug it in again",
			       unplug->driver, unplug->device, error_name(r))
		     : 0;
}
