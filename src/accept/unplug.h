/*
 * A camera pulled out and put back, as its driver sees it: taken from the driver and given back
 * through sysfs. Only drivers that expect to lose a device at any time: those of USB cameras, and
 * the kernel's test driver. One thread.
 */
#ifndef ACCEPT_UNPLUG_H
#define ACCEPT_UNPLUG_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "util/error.h"
#include "util/sysroot.h"

#define UNPLUG_NAME_MAX 64

struct unplug {
	const struct sysroot *root;
	char driver[PATH_MAX - 64]; /* its folder: /sys/bus/usb/drivers/uvcvideo */
	char device[UNPLUG_NAME_MAX];

	/* inside */
	pid_t guard;
	int fd; /* the guard gives the device back when it is closed */
};

/*
 * Finds the device of a node such as /dev/video0. 0; -ENODEV without a device; -ENOTSUP when it has
 * another driver, which err names.
 */
int unplug_find(
	const struct sysroot *root, const char *node, struct unplug *ret_unplug, struct error *err);

/*
 * Pulls it out. However this process ends, the device is given back. 0, or a negative errno with
 * the device as it was.
 */
int unplug_pull(struct unplug *unplug, struct error *err);

/* Puts it back, and waits until the driver has it. 0 or a negative errno. */
int unplug_plug(struct unplug *unplug, struct error *err);

#endif
