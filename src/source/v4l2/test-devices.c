/*
 * The list of devices on trees of a machine without their drivers: what /sys, /proc and links tell,
 * and what is said of nodes that do not answer. tests/shim adds those that do.
 */
#include "source/v4l2/devices.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/v4l2/v4l2-identity.h"

static char top[] = "/tmp/test-devices-XXXXXX";
static const struct sysroot root = {.path = top};

static void run(const char *format, const char *argument)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), format, argument);
	assert_int_equal(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
	char full[PATH_MAX];

	assert_int_equal(sysroot_path(&root, path, full, sizeof(full)), 0);
	char folder[PATH_MAX];
	snprintf(folder, sizeof(folder), "%s", full);
	*strrchr(folder, '/') = '\0';
	run("mkdir -p '%s'", folder);
	FILE *file = fopen(full, "we");
	assert_non_null(file);
	fprintf(file, "%s", text);
	assert_int_equal(fclose(file), 0);
}

static void link_file(const char *path, const char *target)
{
	char full[PATH_MAX];

	write_file(path, "");
	assert_int_equal(sysroot_path(&root, path, full, sizeof(full)), 0);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(symlink(target, full), 0);
}

static int make_tree(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int remove_tree(void **state)
{
	(void)state;
	run("rm -r '%s'", top);
	return 0;
}

static void test_no_class_is_an_empty_list(void **state)
{
	struct device_list list;
	char paths[2][DEVICE_PATH_MAX];

	(void)state;
	assert_int_equal(device_list_init(&root, &list), 0);
	assert_int_equal(list.n, 0);
	device_list_done(&list);
	assert_int_equal(source_devices_first_usable(&root, 2, paths), 0);
}

static void test_captured_tree(void **state)
{
	struct device_list list;

	(void)state;
	write_file("/sys/class/video4linux/video10/name", "rkisp_mainpath\n");
	write_file("/sys/class/video4linux/video10/index", "0\n");
	write_file("/sys/class/video4linux/video2/name", "HD Webcam\n");
	write_file("/sys/class/video4linux/video2/index", "0\n");
	write_file("/sys/class/video4linux/v4l-subdev0/name", "m00_b_imx415\n");
	write_file("/sys/class/video4linux/video3x/name", "no number\n");
	write_file("/dev/video2", ""); /* a file: it opens, but is no device */
	link_file("/dev/v4l/by-path/platform-usb-0:1.2:1.0-video-index0", "../../video2");
	link_file("/dev/v4l/by-path/platform-usb-0:1.3:1.0-video-index0", "../../video20");
	write_file("/proc/4711/comm", "some-viewer\n");
	link_file("/proc/4711/fd/0", "/dev/null");
	link_file("/proc/4711/fd/7", "/dev/video2");
	link_file("/proc/4712/fd/7", "/dev/video20");
	write_file("/proc/version", "not a process\n");

	assert_int_equal(device_list_init(&root, &list), 0);
	assert_int_equal(list.n, 2);
	const struct device *webcam = &list.devices[0], *isp = &list.devices[1];
	assert_string_equal(webcam->path, "/dev/video2");
	assert_string_equal(webcam->name, "HD Webcam");
	assert_string_equal(
		webcam->by_path, "/dev/v4l/by-path/platform-usb-0:1.2:1.0-video-index0");
	assert_int_equal(webcam->n_holders, 1);
	assert_int_equal(webcam->holders[0].pid, 4711);
	assert_string_equal(webcam->holders[0].command, "some-viewer");
	assert_false(webcam->is_usable);
	assert_non_null(strstr(webcam->problem, "not a V4L2 device"));
	assert_string_equal(isp->path, "/dev/video10");
	assert_string_equal(isp->by_path, "");
	assert_int_equal(isp->n_holders, 0);
	assert_non_null(strstr(isp->problem, "/dev/video10: the kernel has this device, but"));
	device_list_done(&list);
}

static void test_kinds_by_capabilities(void **state)
{
	(void)state;
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_VIDEO_CAPTURE), V4L2_NODE_CAPTURE);
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_VIDEO_CAPTURE_MPLANE), V4L2_NODE_CAPTURE);
	/* vivid: one node that captures pictures and teletext is a camera */
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VBI_CAPTURE),
		V4L2_NODE_CAPTURE);
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_META_CAPTURE), V4L2_NODE_METADATA);
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_VIDEO_M2M_MPLANE), V4L2_NODE_MEM2MEM);
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_OUTPUT),
		V4L2_NODE_MEM2MEM);
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_VIDEO_OUTPUT), V4L2_NODE_OUTPUT);
	assert_int_equal(v4l2_node_kind_of(V4L2_CAP_RADIO), V4L2_NODE_OTHER);
	assert_int_equal(v4l2_node_kind_of(0), V4L2_NODE_OTHER);
}

static void test_which_targets_may_wander(void **state)
{
	(void)state;
	assert_true(v4l2_target_may_wander("/dev/video0"));
	assert_true(v4l2_target_may_wander("/dev/video12"));
	assert_false(v4l2_target_may_wander("/dev/v4l/by-path/platform-usb-0:1:1.0-video-index0"));
	assert_false(v4l2_target_may_wander("/dev/video-front"));
	assert_false(v4l2_target_may_wander("/dev/video"));
}

static void test_own_descriptor_is_seen(void **state)
{
	struct v4l2_holder holders[V4L2_HOLDERS_MAX];
	char path[] = "/tmp/test-holders-XXXXXX";
	int fd = mkstemp(path);
	bool found = false;

	(void)state;
	assert_true(fd >= 0);
	size_t n = v4l2_find_holders(&sysroot_real, path, holders, V4L2_HOLDERS_MAX);
	for (size_t i = 0; i < n; i++) {
		found |= holders[i].pid == getpid();
	}
	assert_true(found);
	close(fd);
	unlink(path);
}

#define NOBODY 65534

/* Opens a file of this mode and group whose owner may not; the message without its path. */
static void refuse_open(mode_t mode, gid_t group, const char *message)
{
	char path[] = "/tmp/test-access-XXXXXX";
	bool is_root = geteuid() == 0;
	struct v4l2_node node;
	struct error err = {0};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(is_root ? chown(path, NOBODY, group) : 0, 0);
	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(is_root ? seteuid(NOBODY) : 0, 0);
	int r = v4l2_node_open(path, &node, &err);
	assert_int_equal(is_root ? seteuid(0) : 0, 0);
	unlink(path);
	assert_int_equal(r, -EACCES);
	assert_memory_equal(err.text, path, strlen(path));
	assert_string_equal(err.text + strlen(path), message);
}

static void test_no_permission_names_the_group(void **state)
{
	char message[ERROR_TEXT_MAX];
	const struct group *group = getgrgid(getegid());

	(void)state;
	assert_non_null(group);
	snprintf(message, sizeof(message),
		": permission denied: it belongs to the group %s; add the user to group %s "
		"(adduser USER %s) and log in again",
		group->gr_name, group->gr_name, group->gr_name);
	refuse_open(0060, group->gr_gid, message);
	refuse_open(0020, group->gr_gid,
		": permission denied: mode 0020 lets no group in; run as its owner, or add a udev "
		"rule");
}

static void test_no_permission_by_a_group_without_name(void **state)
{
	const gid_t unnamed = 3999999999;

	(void)state;
	if (geteuid() != 0 || getgrgid(unnamed)) {
		skip(); /* giving a file to any group takes root */
	}
	refuse_open(0060, unnamed,
		": permission denied: it belongs to the group with number 3999999999; add the user "
		"to it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_class_is_an_empty_list),
		cmocka_unit_test(test_captured_tree),
		cmocka_unit_test(test_kinds_by_capabilities),
		cmocka_unit_test(test_which_targets_may_wander),
		cmocka_unit_test(test_own_descriptor_is_seen),
		cmocka_unit_test(test_no_permission_names_the_group),
		cmocka_unit_test(test_no_permission_by_a_group_without_name),
	};

	return cmocka_run_group_tests_name("devices", tests, make_tree, remove_tree);
}
