#include "simulate/group.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "simulate/group-impl.h"
#include "systemd/bus.h"
#include "systemd/scope.h"
#include "util/cleanup.h"

#define V2_FOLDER "/sys/fs/cgroup"

int group_file(const struct group *group, const char *folder, const char *name, char *path)
{
	char base[PATH_MAX];
	int r = cgroup_folder(&group->path, base, sizeof(base));

	if (r < 0) {
		return r;
	}
	int length = snprintf(path, PATH_MAX, "%s%s/%s", base, folder, name);
	return length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Whether a list such as "cpu memory pids" has the memory controller. */
static bool has_memory(const struct sysroot *root, const char *path)
{
	char text[256], padded[sizeof(text) + 2];

	if (sysroot_read(root, path, text, sizeof(text)) < 0) {
		return false;
	}
	snprintf(padded, sizeof(padded), " %s ", text);
	return strstr(padded, " memory ") != NULL;
}

static int read_own(const struct sysroot *root, struct cgroup_path *ret_own, struct error *err)
{
	char text[4096 + 1];
	int r = sysroot_read(root, "/proc/self/cgroup", text, sizeof(text) - 1);

	if (r == 0) {
		strcat(text, "\n"); /* sysroot_read took it */
		r = cgroup_path_parse(text, ret_own);
	}
	if (r < 0) {
		return error_set(err, -ENOTSUP,
			"cgroups: /proc/self/cgroup: %s; the kernel needs CONFIG_MEMCG",
			error_name(r));
	}
	const char *check = ret_own->version == CGROUP_VERSION_1 ? V2_FOLDER
				    "/memory/memory.limit_in_bytes"
								 : V2_FOLDER "/cgroup.controllers";
	if (!sysroot_exists(root, check) ||
		(ret_own->version == CGROUP_VERSION_2 && !has_memory(root, check))) {
		return error_set(err, -ENOTSUP,
			"cgroups: there is no memory controller in " V2_FOLDER
			"; mount cgroups there, and start the kernel with cgroup_enable=memory");
	}
	return 0;
}

int group_find(struct group *group, const struct sysroot *root, pid_t pid, struct error *err)
{
	struct cgroup_path own;
	int length, r = read_own(root, &own, err);

	if (r < 0) {
		return r;
	}
	*group = (struct group){.root = root, .path.version = own.version};
	if (sysroot_exists(root, "/run/systemd/system")) {
		snprintf(group->scope, sizeof(group->scope), GROUP_PREFIX "%d.scope", (int)pid);
		length = snprintf(group->path.path, sizeof(group->path.path),
			"/" SCOPE_SLICE "/%.200s" GROUP_INNER, group->scope);
	} else {
		const char *parent = own.version == CGROUP_VERSION_1 && own.path[1] ? own.path : "";
		length = snprintf(group->path.path, sizeof(group->path.path),
			"%s/" GROUP_PREFIX "%d", parent, (int)pid);
	}
	if ((size_t)length >= sizeof(group->path.path)) {
		return error_set(err, -ENAMETOOLONG, "cgroups: %.100s...: the path is too long",
			group->path.path);
	}
	return 0;
}

static int write_file(
	const struct group *group, const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];
	int r = group_file(group, folder, name, path);

	return r < 0 ? r : sysroot_write(group->root, path, text);
}

/* folder is as of group_file. */
static int make_folder(const struct group *group, const char *folder, struct error *err)
{
	char name[PATH_MAX], path[PATH_MAX];
	int r = group_file(group, folder, "", name);

	if (r == 0) {
		r = sysroot_path(group->root, name, path, sizeof(path));
	}
	if (r == 0 && mkdir(path, 0755) < 0) {
		r = -errno;
	}
	if (r < 0) {
		return error_set(err, r, "%s: cannot make the cgroup: %s%s", name, error_name(r),
			r == -EACCES || r == -EPERM ? "; run it as root" : "");
	}
	return 0;
}

static int move_process(const struct group *group, const char *folder, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	int r = write_file(group, folder, "cgroup.procs", text);
	if (r < 0) {
		return error_set(err, r, "%s%s: cannot move process %d to the cgroup: %s",
			group->path.path, folder, (int)pid, error_name(r));
	}
	return 0;
}

/* Version 2 hands controllers down; in version 1 they are where they are mounted. */
static int hand_down(const struct group *group, struct error *err)
{
	char path[PATH_MAX];

	if (group->path.version == CGROUP_VERSION_1) {
		return 0;
	}
	int r = group_file(group, "/..", "cgroup.subtree_control", path);
	if (r < 0 || has_memory(group->root, path)) {
		return r < 0 ? error_set(err, r, "cgroups: %s", error_name(r)) : 0;
	}
	r = sysroot_write(group->root, path, "+memory");
	if (r < 0) {
		return error_set(err, r, "%s: +memory: %s%s", path, error_name(r),
			r == -EBUSY ? "; processes run in that cgroup itself, as in a container: "
				      "run simulate outside"
				    : "");
	}
	return 0;
}

static int start_scope(const struct group *group, pid_t keeper, struct error *err)
{
	_cleanup_bus_ struct bus *bus = NULL;
	int r = bus_open(&bus, err);

	return r < 0 ? r
		     : scope_start(bus, group->scope,
			       "A command with less memory (twinlens simulate)", keeper, err);
}

/* A cgroup of version 2 hands controllers down only when no process is in it itself. */
static int leave_scope(const struct group *group, pid_t keeper, struct error *err)
{
	int r = make_folder(group, GROUP_KEEPER, err);

	return r < 0 ? r : move_process(group, GROUP_KEEPER, keeper, err);
}

int group_start(const struct group *group, pid_t pid, pid_t keeper, struct error *err)
{
	bool is_scope = group->scope[0] != '\0';
	int r = is_scope ? start_scope(group, keeper, err) : 0;

	if (r == 0) {
		r = make_folder(group, "", err);
	}
	if (r == 0 && is_scope) {
		r = leave_scope(group, keeper, err);
	}
	if (r == 0) {
		r = hand_down(group, err);
	}
	return r < 0 ? r : move_process(group, "", pid, err);
}

int group_set_limit(const struct group *group, uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, bytes);
	return write_file(group, "",
		group->path.version == CGROUP_VERSION_1 ? "memory.limit_in_bytes" : "memory.max",
		text);
}

/* In version 1 swappiness 0 does that; a new cgroup has that of the one above it. */
int group_allow_swap(const struct group *group, bool is_allowed)
{
	char path[PATH_MAX], text[32] = "0";

	if (group->path.version == CGROUP_VERSION_2) {
		return write_file(group, "", "memory.swap.max", is_allowed ? "max" : "0");
	}
	if (is_allowed) {
		int r = group_file(group, "/..", "memory.swappiness", path);
		r = r < 0 ? r : sysroot_read(group->root, path, text, sizeof(text));
		if (r < 0) {
			return r;
		}
	}
	return write_file(group, "", "memory.swappiness", text);
}

unsigned group_count(const struct group *group)
{
	char path[PATH_MAX];
	unsigned n = 0;
	int c;

	if (group_file(group, "", "cgroup.procs", path) < 0) {
		return 0;
	}
	_cleanup_file_ FILE *file = sysroot_open_file(group->root, path);
	while (file && (c = fgetc(file)) != EOF) {
		n += c == '\n';
	}
	return n;
}
