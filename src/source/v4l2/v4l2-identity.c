#include "source/v4l2/v4l2-identity.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/parse.h"

#define CLASS_PATH "/sys/class/video4linux"

#define NODES_MAX 256 /* as many minors as V4L2 has */

static int compare_numbers(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The numbers of all videoN in /sys, unsorted. */
static size_t list_numbers(const struct sysroot *root, unsigned *ret_numbers, size_t max)
{
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, CLASS_PATH);
	struct dirent *entry;
	size_t n = 0;

	if (!folder) {
		return 0;
	}
	while (n < max && (entry = readdir(folder))) {
		uint64_t number;
		if (strncmp(entry->d_name, "video", 5) == 0 &&
			parse_u64(entry->d_name + 5, 0, 65535, &number) == 0) {
			ret_numbers[n++] = (unsigned)number;
		}
	}
	return n;
}

int v4l2_for_each_node(
	const struct sysroot *root, int (*see)(const char *name, void *userdata), void *userdata)
{
	unsigned numbers[NODES_MAX];
	size_t n = list_numbers(root, numbers, NODES_MAX);

	qsort(numbers, n, sizeof(numbers[0]), compare_numbers);
	for (size_t i = 0; i < n; i++) {
		char name[16];
		snprintf(name, sizeof(name), "video%u", numbers[i]);
		int r = see(name, userdata);
		if (r != 0) {
			return r;
		}
	}
	return 0;
}

static unsigned read_index(const struct sysroot *root, const char *name)
{
	char path[128], text[16];
	uint64_t index;

	snprintf(path, sizeof(path), CLASS_PATH "/%.64s/index", name);
	if (sysroot_read(root, path, text, sizeof(text)) < 0 ||
		parse_u64(text, 0, UINT32_MAX, &index) < 0) {
		return 0;
	}
	return (unsigned)index;
}

void v4l2_identity_init(const struct sysroot *root, const struct v4l2_node *node,
	struct v4l2_identity *ret_identity)
{
	_cleanup_free_ char *real = realpath(node->path, NULL);
	const char *slash = strrchr(real ? real : node->path, '/');

	memset(ret_identity, 0, sizeof(*ret_identity));
	memcpy(ret_identity->card, node->card, sizeof(ret_identity->card));
	memcpy(ret_identity->bus_info, node->bus_info, sizeof(ret_identity->bus_info));
	ret_identity->index = slash ? read_index(root, slash + 1) : 0;
}

bool v4l2_identity_equal(const struct v4l2_identity *a, const struct v4l2_identity *b)
{
	return a->index == b->index && strcmp(a->card, b->card) == 0 &&
	       strcmp(a->bus_info, b->bus_info) == 0;
}

bool v4l2_target_may_wander(const char *target)
{
	uint64_t number;

	return strncmp(target, "/dev/video", 10) == 0 &&
	       parse_u64(target + 10, 0, 65535, &number) == 0;
}

struct search {
	const struct sysroot *root;
	const struct v4l2_identity *wanted;
	struct v4l2_node *node;
};

static int open_if_wanted(const char *name, void *userdata)
{
	const struct search *search = userdata;
	struct v4l2_identity identity;
	char device[32], path[PATH_MAX];

	if (read_index(search->root, name) != search->wanted->index) {
		return 0; /* without opening it, which can wake up hardware */
	}
	snprintf(device, sizeof(device), "/dev/%s", name);
	if (sysroot_path(search->root, device, path, sizeof(path)) < 0 ||
		v4l2_node_open(path, search->node, NULL) < 0) {
		return 0;
	}
	v4l2_identity_init(search->root, search->node, &identity);
	if (v4l2_identity_equal(&identity, search->wanted)) {
		return 1;
	}
	v4l2_node_close(search->node);
	return 0;
}

int v4l2_identity_open(const struct sysroot *root, const struct v4l2_identity *identity,
	struct v4l2_node *ret_node)
{
	struct v4l2_node node;
	struct search search = {.root = root, .wanted = identity, .node = &node};

	if (v4l2_for_each_node(root, open_if_wanted, &search) == 0) {
		return -ENOENT;
	}
	*ret_node = node;
	return 0;
}
