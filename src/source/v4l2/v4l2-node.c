#include "source/v4l2/v4l2-node.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "source/v4l2/v4l2-holders.h"
#include "util/cleanup.h"

int v4l2_ioctl(int fd, unsigned long request, void *argument)
{
	int r;

	do {
		r = ioctl(fd, request, argument);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

int v4l2_error_of_driver(int r)
{
	return r == -EINVAL || r == -ENOTSUP ? -EIO : r;
}

enum v4l2_node_kind v4l2_node_kind_of(uint32_t device_caps)
{
	const uint32_t capture = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
	const uint32_t output = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE;

	if (device_caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) {
		return V4L2_NODE_MEM2MEM;
	}
	if ((device_caps & capture) && (device_caps & output)) {
		return V4L2_NODE_MEM2MEM;
	}
	if (device_caps & capture) {
		return V4L2_NODE_CAPTURE;
	}
	if (device_caps & output) {
		return V4L2_NODE_OUTPUT;
	}
	if (device_caps & (V4L2_CAP_META_CAPTURE | V4L2_CAP_META_OUTPUT)) {
		return V4L2_NODE_METADATA;
	}
	return V4L2_NODE_OTHER;
}

const char *v4l2_node_kind_name(enum v4l2_node_kind kind)
{
	static const char *const names[] = {
		[V4L2_NODE_CAPTURE] = "capture",
		[V4L2_NODE_METADATA] = "metadata",
		[V4L2_NODE_MEM2MEM] = "mem2mem",
		[V4L2_NODE_OUTPUT] = "output",
		[V4L2_NODE_OTHER] = "other",
	};

	return names[kind];
}

/* A device may say anything: takes size bytes that need not end in a NUL. */
static void copy_text(char *buffer, size_t buffer_size, const uint8_t *text, size_t size)
{
	size_t n = 0;

	while (n < size && n + 1 < buffer_size && text[n]) {
		buffer[n] = isprint(text[n]) ? (char)text[n] : '?';
		n++;
	}
	buffer[n] = '\0';
}

static int error_access(const char *path, struct error *err)
{
	struct stat status;
	struct group group, *found = NULL;
	char buffer[1024];

	if (stat(path, &status) < 0) {
		return error_set(err, -EACCES,
			"%s: permission denied, and so is a look at it; the user must be in the "
			"group that owns it, commonly video",
			path);
	}
	if ((status.st_mode & 0060) != 0060) {
		return error_set(err, -EACCES,
			"%s: permission denied: mode %04o lets no group in; run as its owner, or "
			"add a udev rule",
			path, status.st_mode & 07777U);
	}
	if (getgrgid_r(status.st_gid, &group, buffer, sizeof(buffer), &found) != 0 || !found) {
		return error_set(err, -EACCES,
			"%s: permission denied: it belongs to the group with number %u; add the "
			"user to it",
			path, (unsigned)status.st_gid);
	}
	return error_set(err, -EACCES,
		"%s: permission denied: it belongs to the group %s; add the user to group %s "
		"(adduser USER %s) and log in again",
		path, group.gr_name, group.gr_name, group.gr_name);
}

static int error_open(const char *path, int r, struct error *err)
{
	switch (r) {
	case -ENOENT:
		return error_set(err, r,
			"%s: there is no such device; plug it in, or choose one that `twinlens "
			"cameras` lists",
			path);
	case -EACCES:
	case -EPERM:
		return error_access(path, err);
	case -EBUSY:
		return v4l2_error_busy(path, err);
	case -ENODEV:
	case -ENXIO:
		return error_set(err, r, "%s: the device is gone: %s", path, error_name(r));
	case -EISDIR:
		return error_set(err, -EMEDIUMTYPE, "%s: is a folder, not a V4L2 device", path);
	default:
		return error_set(err, r, "%s: cannot be opened: %s", path, error_name(r));
	}
}

static int query(struct v4l2_node *node, struct error *err)
{
	struct v4l2_capability capability = {0};
	int r = v4l2_ioctl(node->fd, VIDIOC_QUERYCAP, &capability);

	if (r == -ENOTTY || r == -EINVAL) {
		return error_set(err, -EMEDIUMTYPE, "%s: is not a V4L2 device", node->path);
	}
	if (r < 0) {
		return error_set(
			err, r, "%s: asking for capabilities: %s", node->path, error_name(r));
	}
	copy_text(node->card, sizeof(node->card), capability.card, sizeof(capability.card));
	copy_text(node->driver, sizeof(node->driver), capability.driver, sizeof(capability.driver));
	copy_text(node->bus_info, sizeof(node->bus_info), capability.bus_info,
		sizeof(capability.bus_info));
	/* capabilities is of the whole device, with its metadata and output nodes. */
	node->device_caps = capability.capabilities & V4L2_CAP_DEVICE_CAPS
				    ? capability.device_caps
				    : capability.capabilities;
	node->kind = v4l2_node_kind_of(node->device_caps);
	node->buffer_type = node->device_caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE
				    ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE
				    : V4L2_BUF_TYPE_VIDEO_CAPTURE;
	return 0;
}

int v4l2_node_open(const char *path, struct v4l2_node *ret_node, struct error *err)
{
	struct v4l2_node node = {.fd = -1};

	if (strlen(path) >= sizeof(node.path)) {
		return error_set(err, -ENAMETOOLONG, "%.64s...: the path is too long", path);
	}
	strcpy(node.path, path);
	node.fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (node.fd < 0) {
		return error_open(path, -errno, err);
	}
	int r = query(&node, err);
	if (r < 0) {
		v4l2_node_close(&node);
		return r;
	}
	*ret_node = node;
	return 0;
}

void v4l2_node_close(struct v4l2_node *node)
{
	node->fd = close_fd(node->fd);
}

const char *v4l2_node_why_useless(const struct v4l2_node *node)
{
	switch (node->kind) {
	case V4L2_NODE_CAPTURE:
		return node->device_caps & V4L2_CAP_STREAMING
			       ? NULL
			       : "the driver cannot stream to mapped buffers";
	case V4L2_NODE_METADATA:
		return "a metadata node, without pictures";
	case V4L2_NODE_MEM2MEM:
		return "a converter from memory to memory, not a camera";
	case V4L2_NODE_OUTPUT:
		return "an output, not a camera";
	case V4L2_NODE_OTHER:
		break;
	}
	return "not a capture device";
}

int v4l2_node_check_capture(const struct v4l2_node *node, struct error *err)
{
	const char *why = v4l2_node_why_useless(node);

	if (!why) {
		return 0;
	}
	return error_set(err, -EMEDIUMTYPE,
		"%s (%s): %s; choose one that `twinlens cameras` lists as usable", node->path,
		node->card, why);
}
