/*
 * What V4L2 nodes there are, what they offer, who holds them, and whether they can be used as a
 * camera.
 */
#ifndef SOURCE_V4L2_DEVICES_H
#define SOURCE_V4L2_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "source/v4l2/v4l2-holders.h"
#include "source/v4l2/v4l2-node.h"
#include "util/error.h"
#include "util/sysroot.h"

#define DEVICE_PATH_MAX    32 /* "/dev/video65535" with the NUL */
#define DEVICE_FORMATS_MAX 128
#define DEVICE_SIZES_MAX   64 /* of one format */
#define DEVICE_RATES_MAX   16 /* of one size */

/* One size, or a range of sizes: then max and step are not 0. The rates are for the largest of it.
 */
struct device_size {
	uint32_t width, height;
	uint32_t max_width, max_height, step_width, step_height;
	bool is_rate_range; /* rates[0] is the lowest, rates[1] the highest */
	size_t n_rates;
	double rates[DEVICE_RATES_MAX]; /* frames a second */
};

struct device_format {
	char name[5];      /* the fourcc */
	bool is_supported; /* as a source takes it */
	size_t n_sizes;
	struct device_size *sizes;
};

struct device {
	char path[DEVICE_PATH_MAX]; /* "/dev/video0", below the sysroot */
	char name[64];
	char driver[16], bus_info[32]; /* "" when the node could not be opened */
	char by_path[256];             /* the link in /dev/v4l/by-path, "" when there is none */
	bool is_open; /* it could be opened: the fields from kind to formats are known */
	enum v4l2_node_kind kind;
	uint32_t device_caps;
	bool is_multiplanar;
	size_t n_formats;
	struct device_format *formats;
	size_t n_holders;
	struct v4l2_holder holders[V4L2_HOLDERS_MAX];
	bool is_usable;
	/* why it is not usable, "" when it is; a line that begins with the path when not is_open */
	char problem[ERROR_TEXT_MAX];
};

struct device_list {
	struct device *devices; /* in the order of node numbers */
	size_t n;
};

/* 0 with a list, perhaps empty, or -ENOMEM. Opens each node for a moment. */
int device_list_init(const struct sysroot *root, struct device_list *ret_list);

void device_list_done(struct device_list *list);

/*
 * Writes the paths of the first usable capture nodes, at most max, and returns how many. Different
 * devices come first, in the order of node numbers; only then further nodes of the same device.
 */
size_t source_devices_first_usable(
	const struct sysroot *root, size_t max, char ret_paths[][DEVICE_PATH_MAX]);

/* For devices.c: the formats of an open capture node. -ENOMEM, or 0. device_list_done frees. */
int device_read_formats(const struct v4l2_node *node, struct device *device);

#endif
