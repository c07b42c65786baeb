/*
 * Which device a node belongs to, so that it is found again when it was unplugged and came back
 * under another node number: where it is plugged in (bus_info), what it is (card), and which of its
 * nodes (the index in /sys).
 */
#ifndef SOURCE_V4L2_V4L2_IDENTITY_H
#define SOURCE_V4L2_V4L2_IDENTITY_H

#include "source/v4l2/v4l2-node.h"
#include "util/sysroot.h"

struct v4l2_identity {
	char card[32], bus_info[32];
	unsigned index; /* of the node among those of its device; 0 when /sys does not tell */
};

/* Of an open node; a link (/dev/v4l/by-path/...) is followed for the index. */
void v4l2_identity_init(const struct sysroot *root, const struct v4l2_node *node,
	struct v4l2_identity *ret_identity);

bool v4l2_identity_equal(const struct v4l2_identity *a, const struct v4l2_identity *b);

/*
 * Whether target is a plain node (/dev/video0), which may come to mean another device. A link that
 * udev made names the device itself and is believed.
 */
bool v4l2_target_may_wander(const char *target);

/*
 * Opens the node whose device has this identity, whatever its number. 0, or -ENOENT.
 */
int v4l2_identity_open(const struct sysroot *root, const struct v4l2_identity *identity,
	struct v4l2_node *ret_node);

/* Calls see with "video0", ... in the order of their numbers; ends early when it returns non-zero.
 */
int v4l2_for_each_node(
	const struct sysroot *root, int (*see)(const char *name, void *userdata), void *userdata);

#endif
