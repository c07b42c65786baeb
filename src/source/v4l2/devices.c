#include "source/v4l2/devices.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/v4l2/v4l2-identity.h"
#include "util/cleanup.h"

#define BY_PATH "/dev/v4l/by-path"

/* The link in /dev/v4l/by-path that points to node ("video0"). */
static void find_by_path(const struct sysroot *root, const char *node, char *buffer, size_t size)
{
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, BY_PATH);
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), BY_PATH "/%s", entry->d_name);
		if (sysroot_readlink(root, path, target, sizeof(target)) < 0) {
			continue;
		}
		const char *slash = strrchr(target, '/');
		if (strcmp(slash ? slash + 1 : target, node) == 0 &&
			(size_t)snprintf(buffer, size, "%s", path) < size) {
			break;
		}
	}
}

static void read_name(const struct sysroot *root, const char *node, char *buffer, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/video4linux/%.32s/name", node);
	if (sysroot_read(root, path, buffer, size) < 0) {
		snprintf(buffer, size, "?");
	}
	for (char *c = buffer; *c; c++) {
		if (!isprint((unsigned char)*c)) {
			*c = '?';
		}
	}
}

static bool has_supported_format(const struct device *device)
{
	for (size_t i = 0; i < device->n_formats; i++) {
		if (device->formats[i].is_supported) {
			return true;
		}
	}
	return false;
}

/* What an open node tells. 0 or -ENOMEM. */
static int describe(const struct v4l2_node *node, struct device *device)
{
	const char *why = v4l2_node_why_useless(node);

	device->is_open = true;
	device->kind = node->kind;
	device->device_caps = node->device_caps;
	device->is_multiplanar = node->buffer_type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
	snprintf(device->name, sizeof(device->name), "%s", node->card);
	memcpy(device->driver, node->driver, sizeof(device->driver));
	memcpy(device->bus_info, node->bus_info, sizeof(device->bus_info));
	if (why) {
		snprintf(device->problem, sizeof(device->problem), "%s", why);
		return 0;
	}
	int r = device_read_formats(node, device);
	if (r < 0) {
		return r;
	}
	device->is_usable = has_supported_format(device);
	if (!device->is_usable) {
		snprintf(device->problem, sizeof(device->problem),
			"offers none of MJPG, YUYV, UYVY, NV12, NV16");
	}
	return 0;
}

static int read_device(const struct sysroot *root, const char *name, struct device *device)
{
	char path[PATH_MAX];
	struct v4l2_node node;
	struct error err = {0};

	snprintf(device->path, sizeof(device->path), "/dev/%.16s", name);
	read_name(root, name, device->name, sizeof(device->name));
	find_by_path(root, name, device->by_path, sizeof(device->by_path));
	device->n_holders =
		v4l2_find_holders(root, device->path, device->holders, V4L2_HOLDERS_MAX);
	int r = sysroot_path(root, device->path, path, sizeof(path));
	if (r == 0) {
		r = v4l2_node_open(path, &node, &err);
	}
	if (r == -ENOENT) {
		snprintf(device->problem, sizeof(device->problem),
			"%s: the kernel has this device, but there is no node for it: is udev "
			"running?",
			device->path);
		return 0;
	}
	if (r < 0) {
		snprintf(device->problem, sizeof(device->problem), "%s", err.text);
		return 0;
	}
	r = describe(&node, device);
	v4l2_node_close(&node);
	return r;
}

struct collection {
	const struct sysroot *root;
	struct device_list list;
};

static int collect(const char *name, void *userdata)
{
	struct collection *collection = userdata;
	struct device_list *list = &collection->list;
	struct device *devices = reallocarray(list->devices, list->n + 1, sizeof(*list->devices));

	if (!devices) {
		return -ENOMEM;
	}
	list->devices = devices;
	memset(&devices[list->n], 0, sizeof(devices[list->n]));
	return read_device(collection->root, name, &devices[list->n++]);
}

int device_list_init(const struct sysroot *root, struct device_list *ret_list)
{
	struct collection collection = {.root = root};
	int r = v4l2_for_each_node(root, collect, &collection);

	if (r < 0) {
		device_list_done(&collection.list);
		return r;
	}
	*ret_list = collection.list;
	return 0;
}

void device_list_done(struct device_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct device *device = &list->devices[i];
		for (size_t j = 0; j < device->n_formats; j++) {
			free(device->formats[j].sizes);
		}
		free(device->formats);
	}
	free(list->devices);
	*list = (struct device_list){0};
}

/* Whether a usable node of the same device comes before it. */
static bool is_further_node(const struct device_list *list, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (list->devices[j].is_usable &&
			strcmp(list->devices[j].bus_info, list->devices[i].bus_info) == 0) {
			return true;
		}
	}
	return false;
}

size_t source_devices_first_usable(
	const struct sysroot *root, size_t max, char ret_paths[][DEVICE_PATH_MAX])
{
	struct device_list list;
	size_t n = 0;

	if (device_list_init(root, &list) < 0) {
		return 0;
	}
	for (int further = 0; further < 2; further++) {
		for (size_t i = 0; i < list.n && n < max; i++) {
			if (list.devices[i].is_usable && is_further_node(&list, i) == further) {
				memcpy(ret_paths[n++], list.devices[i].path, DEVICE_PATH_MAX);
			}
		}
	}
	device_list_done(&list);
	return n;
}
