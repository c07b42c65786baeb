#include "accept/unplug.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

#define UVC "/sys/devices/platform/fc880000.usb/usb1/1-1/1-1:1.0"

static struct unplug unplug;
static struct error err;

/* As udev and the kernel make it for a camera: by-id is a link to the node. */
static void make_camera(const struct tree *tree, const char *driver)
{
	char target[128];

	tree_link(tree, "/dev/v4l/by-id/usb-Cam-video-index0", "../../video0");
	tree_write(tree, "/dev/video0", "");
	tree_write(tree, UVC "/video4linux/video0/name", "Cam");
	snprintf(target, sizeof(target), "../../../../../../../bus/usb/drivers/%s", driver);
	tree_write(tree, "/sys/bus/usb/drivers/uvcvideo/unbind", "");
	tree_write(tree, "/sys/bus/usb/drivers/uvcvideo/bind", "");
	tree_link(tree, UVC "/driver", target);
	tree_link(tree, "/sys/class/video4linux/video0/device",
		"../../../devices/platform/fc880000.usb/usb1/1-1/1-1:1.0");
}

static void test_find(void **state)
{
	const struct tree *tree = *state;

	make_camera(tree, "uvcvideo");
	for (const char *const *node = (const char *const[]){"/dev/video0",
		     "/dev/v4l/by-id/usb-Cam-video-index0", NULL};
		*node; node++) {
		assert_int_equal(unplug_find(&tree->root, *node, &unplug, &err), 0);
		assert_string_equal(unplug.driver, "/sys/bus/usb/drivers/uvcvideo");
		assert_string_equal(unplug.device, "1-1:1.0");
	}
	assert_int_equal(unplug_find(&tree->root, "/dev/video7", &unplug, &err), -ENODEV);
}

/* One that may not bear it is left alone. */
static void test_other_driver(void **state)
{
	const struct tree *tree = *state;

	make_camera(tree, "rkcif");
	assert_int_equal(unplug_find(&tree->root, "/dev/video0", &unplug, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "rkcif"));
}

static void test_pull_and_plug(void **state)
{
	const struct tree *tree = *state;

	make_camera(tree, "uvcvideo");
	assert_int_equal(unplug_find(&tree->root, "/dev/video0", &unplug, &err), 0);
	assert_int_equal(unplug_pull(&unplug, &err), 0);
	assert_string_equal(tree_read(tree, "/sys/bus/usb/drivers/uvcvideo/unbind"), "1-1:1.0");
	assert_string_equal(tree_read(tree, "/sys/bus/usb/drivers/uvcvideo/bind"), "");
	assert_int_equal(unplug_plug(&unplug, &err), 0);
	assert_string_equal(tree_read(tree, "/sys/bus/usb/drivers/uvcvideo/bind"), "1-1:1.0");
}

static void test_not_allowed(void **state)
{
	const struct tree *tree = *state;

	make_camera(tree, "uvcvideo");
	assert_int_equal(unplug_find(&tree->root, "/dev/video0", &unplug, &err), 0);
	tree_remove(tree, "/sys/bus/usb/drivers/uvcvideo/unbind");
	assert_int_equal(unplug_pull(&unplug, &err), -ENOENT);
	assert_non_null(strstr(err.text, "unbind"));
}

int main(void)
{
	static struct tree tree;
	const struct CMUnitTest tests[] = {
		tree_test(test_find, &tree),
		tree_test(test_other_driver, &tree),
		tree_test(test_pull_and_plug, &tree),
		tree_test(test_not_allowed, &tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
