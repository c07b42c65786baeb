#include "profile/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/process/process-stat.h"
#include "util/cleanup.h"
#include "util/parse.h"

static bool is_server(const struct sysroot *root, pid_t pid)
{
	char path[48], name[32];
	struct process_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	return sysroot_read(root, path, name, sizeof(name)) == 0 &&
	       strcmp(name, TARGET_SERVER) == 0 && process_stat_read(root, pid, &stat) == 0 &&
	       stat.state != 'Z';
}

/* Appends ", PID", as far as there is room. */
static void append_pid(char *text, size_t size, pid_t pid)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%d", used > 0 ? ", " : "", (int)pid);
}

static int find_server(const struct sysroot *root, pid_t *ret_pid, struct error *err)
{
	char found[160] = "";
	unsigned n = 0;

	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, "/proc");
	if (!folder) {
		return error_set(err, -errno, "/proc: %s", error_name(-errno));
	}
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		uint64_t pid;
		if (parse_u64(entry->d_name, 1, INT_MAX, &pid) == 0 &&
			is_server(root, (pid_t)pid)) {
			append_pid(found, sizeof(found), (pid_t)pid);
			*ret_pid = (pid_t)pid;
			n++;
		}
	}
	if (n == 0) {
		return error_set(err, -ESRCH,
			"no twinlens serve is running; start one, or name a process with --pid");
	}
	if (n > 1) {
		return error_set(err, -ENOTUNIQ,
			"%u servers are running: processes %s; choose one with --pid", n, found);
	}
	return 0;
}

static int set_reason(struct error *err, int r, pid_t pid)
{
	if (r == -ENOENT || r == -ESRCH) {
		return error_set(err, -ESRCH, "process %d: there is no such process", (int)pid);
	}
	if (r == -EACCES || r == -EPERM) {
		return error_set(err, -EACCES,
			"process %d: permission denied: it belongs to another user; run this as "
			"that user, or as root",
			(int)pid);
	}
	return error_set(err, r, "process %d: %s", (int)pid, error_name(r));
}

/* Opening smaps takes the same right as all that is read later. */
static int check_access(const struct sysroot *root, pid_t pid)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	return file ? 0 : -errno;
}

int target_find(const struct sysroot *root, pid_t pid, struct target *ret_target, struct error *err)
{
	struct target target = {.pid = pid};
	struct process_stat stat;
	char path[48];

	if (pid == 0) {
		int r = find_server(root, &target.pid, err);
		if (r < 0) {
			return r;
		}
	}
	int r = process_stat_read(root, target.pid, &stat);
	if (r == 0) {
		r = check_access(root, target.pid);
	}
	if (r < 0) {
		return set_reason(err, r, target.pid);
	}
	target.start_ticks = stat.start_ticks;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)target.pid);
	r = sysroot_readlink(root, path, target.program, sizeof(target.program));
	if (r == -ENOENT) {
		return error_set(err, -EINVAL,
			"process %d: has no program: it has ended, or is the kernel's",
			(int)target.pid);
	}
	if (r < 0) {
		return set_reason(err, r, target.pid);
	}
	*ret_target = target;
	return 0;
}
