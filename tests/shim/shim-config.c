/* The fake cameras as the environment describes them. */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void shim_complain(const char *what, const char *text)
{
	fprintf(stderr, "v4l2-shim: %s: %s\n", what, text);
}

static uint32_t fourcc_of(const char *name)
{
	static const struct {
		const char *name;
		uint32_t fourcc;
	} names[] = {
		{"mjpeg", V4L2_PIX_FMT_MJPEG},
		{"yuyv", V4L2_PIX_FMT_YUYV},
		{"uyvy", V4L2_PIX_FMT_UYVY},
		{"nv12", V4L2_PIX_FMT_NV12},
		{"nv16", V4L2_PIX_FMT_NV16},
		{"nv12m", V4L2_PIX_FMT_NV12M},
		{"nv16m", V4L2_PIX_FMT_NV16M},
		{"grey", V4L2_PIX_FMT_GREY},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) == 0) {
			return names[i].fourcc;
		}
	}
	return 0;
}

/* "yuyv", "yuyv:FILE" or "mjpeg:FOLDER". */
static bool add_format(struct shim_device *device, char *text)
{
	char *path = strchr(text, ':');

	if (path) {
		*path++ = '\0';
	}
	uint32_t fourcc = fourcc_of(text);
	if (!fourcc || device->n_formats == SHIM_FORMATS_MAX) {
		return false;
	}
	struct shim_format *format = &device->formats[device->n_formats];
	format->fourcc = fourcc;
	if (path && !shim_load_pictures(format, path)) {
		shim_complain("no pictures in", path);
		return false;
	}
	if (fourcc == V4L2_PIX_FMT_MJPEG && format->n_pictures == 0) {
		return false;
	}
	device->n_formats++;
	return true;
}

/* "640x480+1280x720" */
static bool add_sizes(struct shim_device *device, const char *text)
{
	device->n_sizes = 0;
	for (;;) {
		unsigned width, height;
		int used;
		if (device->n_sizes == SHIM_SIZES_MAX ||
			sscanf(text, "%ux%u%n", &width, &height, &used) != 2 || width == 0 ||
			height == 0 || width > SHIM_SIDE_MAX || height > SHIM_SIDE_MAX) {
			return false;
		}
		device->sizes[device->n_sizes++] = (struct shim_size){width, height};
		text += used;
		if (*text != '+') {
			return *text == '\0';
		}
		text++;
	}
}

static bool set_role(struct shim_device *device, const char *role)
{
	if (strcmp(role, "metadata") == 0) {
		device->caps = V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
	} else if (strcmp(role, "mem2mem") == 0) {
		device->caps = V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING;
	} else if (strcmp(role, "output") == 0) {
		device->caps = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING;
	} else {
		return false;
	}
	return true;
}

static bool set_option(struct shim_device *device, char *option)
{
	char *value = strchr(option, '=');

	if (!value) {
		if (strcmp(option, "mplane") != 0) {
			return add_format(device, option);
		}
		device->is_mplane = true;
		device->caps = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
		return true;
	}
	*value++ = '\0';
	uint32_t number = (uint32_t)strtoul(value, NULL, 10);
	if (strcmp(option, "size") == 0) {
		return add_sizes(device, value);
	} else if (strcmp(option, "role") == 0) {
		return set_role(device, value);
	} else if (strcmp(option, "card") == 0) {
		snprintf(device->card, sizeof(device->card), "%s", value);
	} else if (strcmp(option, "bus") == 0) {
		snprintf(device->bus, sizeof(device->bus), "%s", value);
	} else if (strcmp(option, "fps") == 0) {
		device->fps_max = number;
	} else if (strcmp(option, "index") == 0) {
		device->index = number;
	} else if (strcmp(option, "padding") == 0) {
		device->padding = number;
	} else if (strcmp(option, "offset") == 0) {
		device->data_offset = number;
	} else if (strcmp(option, "sizeimage") == 0) {
		device->sizeimage = number;
	} else if (strcmp(option, "min_buffers") == 0) {
		device->min_buffers = number;
	} else {
		return false;
	}
	return true;
}

static void init_device(struct shim_device *device, const char *path, unsigned number)
{
	pthread_condattr_t attributes;

	memset(device, 0, sizeof(*device));
	snprintf(device->key, sizeof(device->key), "%s", path);
	snprintf(device->path, sizeof(device->path), "%s", path);
	snprintf(device->card, sizeof(device->card), "Fake Camera %u", number);
	snprintf(device->bus, sizeof(device->bus), "usb-shim-%u", number);
	device->caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
	device->sizes[0] = (struct shim_size){640, 480};
	device->n_sizes = 1;
	device->fps_max = 30;
	device->min_buffers = 2;
	device->owner = device->memory_fd = -1;
	device->is_present = true;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&device->wake, &attributes);
}

/* "PATH=OPTION,OPTION..." */
static void add_device(char *text)
{
	char *options = strchr(text, '='), *rest = NULL;

	if (!options || shim.n_devices == SHIM_DEVICES_MAX) {
		shim_complain("bad device", text);
		return;
	}
	*options++ = '\0';
	struct shim_device *device = &shim.devices[shim.n_devices];
	init_device(device, text, shim.n_devices);
	for (char *option = strtok_r(options, ",", &rest); option;
		option = strtok_r(NULL, ",", &rest)) {
		if (!set_option(device, option)) {
			shim_complain("bad option", option);
			return;
		}
	}
	if (device->fps_max == 0 ||
		(device->n_formats == 0 && !set_option(device, (char[]){"yuyv"}))) {
		return;
	}
	if (!device->is_mplane) {
		device->data_offset = 0;
	}
	device->format = &device->formats[0];
	device->size = device->sizes[0];
	device->fps = device->fps_max;
	shim.n_devices++;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file) {
		shim_complain("cannot write", path);
		return;
	}
	fprintf(file, "%s\n", text);
	fclose(file);
}

/* Keeps the folder that stands for /sys/class/video4linux in step with who is there. */
void shim_publish(const struct shim_device *device)
{
	const char *name = strrchr(device->path, '/');
	char path[SHIM_PATH_MAX * 3], text[16];

	if (!shim.sysfs || !name) {
		return;
	}
	snprintf(path, sizeof(path), "%s%s", shim.sysfs, name);
	if (device->is_present) {
		mkdir(path, 0755);
	}
	snprintf(path, sizeof(path), "%s%s/name", shim.sysfs, name);
	if (device->is_present) {
		write_text(path, device->card);
	} else {
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s%s/index", shim.sysfs, name);
	snprintf(text, sizeof(text), "%u", device->index);
	if (device->is_present) {
		write_text(path, text);
		return;
	}
	unlink(path);
	snprintf(path, sizeof(path), "%s%s", shim.sysfs, name);
	rmdir(path);
}

void shim_configure(void)
{
	const char *devices = getenv("V4L2_SHIM"), *control = getenv("V4L2_SHIM_CONTROL");
	char *text = devices ? strdup(devices) : NULL, *rest = NULL;

	shim.sysfs = getenv("V4L2_SHIM_SYSFS");
	shim.control_fd = -1;
	for (char *device = text ? strtok_r(text, ";", &rest) : NULL; device;
		device = strtok_r(NULL, ";", &rest)) {
		add_device(device);
	}
	free(text);
	for (unsigned i = 0; i < shim.n_devices; i++) {
		shim_publish(&shim.devices[i]);
	}
	shim_memory_configure();
	if (control) {
		shim.control_fd = shim.real.open(control, O_RDONLY | O_CLOEXEC | O_CREAT, 0644);
		if (shim.control_fd < 0) {
			shim_complain("cannot open", control);
		}
	}
}
