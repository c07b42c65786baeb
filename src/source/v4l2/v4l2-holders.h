/* Which processes have a device open. */
#ifndef SOURCE_V4L2_V4L2_HOLDERS_H
#define SOURCE_V4L2_V4L2_HOLDERS_H

#include <stddef.h>
#include <sys/types.h>

#include "util/error.h"
#include "util/sysroot.h"

#define V4L2_HOLDERS_MAX 8

struct v4l2_holder {
	pid_t pid;
	char command[32];
};

/*
 * Who has node ("/dev/video0", without root and links) open, as far as this process may see.
 * Returns how many were written, at most max.
 */
size_t v4l2_find_holders(
	const struct sysroot *root, const char *node, struct v4l2_holder *ret_holders, size_t max);

/* -EBUSY with err that tells who holds the node, when that can be seen. */
int v4l2_error_busy(const char *path, struct error *err);

#endif
