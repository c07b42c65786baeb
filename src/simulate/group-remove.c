#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "simulate/group-impl.h"
#include "systemd/scope.h"
#include "util/backoff.h"
#include "util/cleanup.h"
#include "util/clock.h"
#include "util/parse.h"

#define REMOVE_TIMEOUT_NS (5 * NSEC_PER_SEC)
#define DEPTH_MAX         16

static void kill_processes(const struct sysroot *root, const char *folder)
{
	char path[PATH_MAX];
	int pid;

	if ((size_t)snprintf(path, sizeof(path), "%s/cgroup.procs", folder) >= sizeof(path)) {
		return;
	}
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	while (file && fscanf(file, "%d", &pid) == 1) {
		if (pid > 0) { /* 0: one of another pid namespace, which cannot be named here */
			kill((pid_t)pid, SIGKILL);
		}
	}
}

/* 0 when the folder is gone, with those below it; -EBUSY while a process is in one of them. */
static int remove_once(const struct sysroot *root, const char *folder, unsigned depth)
{
	char inner[PATH_MAX], path[PATH_MAX];

	_cleanup_folder_ DIR *entries = sysroot_open_folder(root, folder);
	if (!entries) {
		return errno == ENOENT ? 0 : -errno;
	}
	for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.') {
			continue;
		}
		if (depth == DEPTH_MAX || (size_t)snprintf(inner, sizeof(inner), "%s/%s", folder,
						  entry->d_name) >= sizeof(inner)) {
			return -ENAMETOOLONG;
		}
		int r = remove_once(root, inner, depth + 1);
		if (r < 0 && r != -EBUSY) {
			return r;
		}
	}
	kill_processes(root, folder);
	int r = sysroot_path(root, folder, path, sizeof(path));
	if (r < 0) {
		return r;
	}
	return rmdir(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Whoever forks while it is killed gets it in the next round. */
static int remove_folder(const struct sysroot *root, const char *folder)
{
	struct backoff backoff;
	int r;

	backoff_init(&backoff, REMOVE_TIMEOUT_NS);
	while ((r = remove_once(root, folder, 0)) == -EBUSY && backoff_wait(&backoff)) {
	}
	return r;
}

int group_remove(const struct group *group)
{
	char folder[PATH_MAX];
	int r = cgroup_folder(&group->path, folder, sizeof(folder));

	return r < 0 ? r : remove_folder(group->root, folder);
}

/* "twinlens-simulate-123" or "twinlens-simulate-123.scope", and there is no process 123. */
static bool is_leftover(const char *name)
{
	char number[16] = "";
	uint64_t pid;

	if (strncmp(name, GROUP_PREFIX, strlen(GROUP_PREFIX)) != 0) {
		return false;
	}
	name += strlen(GROUP_PREFIX);
	size_t length = strspn(name, "0123456789");
	if (length >= sizeof(number) || (name[length] && strcmp(name + length, ".scope") != 0)) {
		return false;
	}
	memcpy(number, name, length);
	return parse_u64(number, 1, INT_MAX, &pid) == 0 && kill((pid_t)pid, 0) < 0 &&
	       errno == ESRCH;
}

void group_remove_leftovers(const struct group *group)
{
	char parent[PATH_MAX], folder[PATH_MAX];

	if (cgroup_folder(&group->path, parent, sizeof(parent)) < 0) {
		return;
	}
	if (group->scope[0]) {
		*strrchr(parent, '/') = '\0'; /* the scope, and then what it lies in */
	}
	*strrchr(parent, '/') = '\0';
	_cleanup_folder_ DIR *entries = sysroot_open_folder(group->root, parent);
	if (!entries) {
		return;
	}
	for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (entry->d_type == DT_DIR && is_leftover(entry->d_name) &&
			(size_t)snprintf(folder, sizeof(folder), "%s/%s", parent, entry->d_name) <
				sizeof(folder)) {
			(void)remove_folder(
				group->root, folder); /* a scope systemd removes itself */
		}
	}
}
