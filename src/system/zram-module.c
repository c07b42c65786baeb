/* The kernel module of zram: built in, loaded, or to be loaded. */
#include "system/zram-device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"

#define DEVICES_MAX 64

bool zram_is_loaded(const struct sysroot *root)
{
	return sysroot_exists(root, "/sys/class/zram-control");
}

/* modules.dep has a line for each module: "kernel/drivers/block/zram/zram.ko: ..." */
bool zram_is_loadable(const struct sysroot *root)
{
	char release[128], path[PATH_MAX], full[PATH_MAX], line[4096];

	if (sysroot_read(root, "/proc/sys/kernel/osrelease", release, sizeof(release)) < 0) {
		return false;
	}
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	if (sysroot_path(root, path, full, sizeof(full)) < 0) {
		return false;
	}
	_cleanup_file_ FILE *file = fopen(full, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');
		const char *name = strstr(line, "/zram.ko");
		if (name && colon && name < colon) {
			return true;
		}
	}
	return false;
}

__attribute__((noreturn)) static void run_modprobe(const char *program, pid_t parent)
{
	char *argv[] = {"modprobe", "zram", NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* The rollback after a kill must not come before the module does. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
		_exit(127);
	}
	execv(program, argv);
	_exit(127);
}

int zram_module_load(const struct sysroot *root, struct error *err)
{
	char program[PATH_MAX];
	int status;

	int r = sysroot_read(root, "/proc/sys/kernel/modprobe", program, sizeof(program));
	if (r < 0 || !program[0]) {
		return error_set(err, r < 0 ? r : -ENOENT,
			"zram: this kernel loads no modules: load zram by hand");
	}
	pid_t parent = getpid();
	pid_t child = fork();
	if (child < 0) {
		return error_set(err, -errno, "zram: fork: %s", error_name(-errno));
	}
	if (child == 0) {
		run_modprobe(program, parent);
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			return error_set(err, -errno, "zram: waitpid: %s", error_name(-errno));
		}
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !zram_is_loaded(root)) {
		return error_set(
			err, -ENODEV, "zram: %s zram failed: see the kernel's log", program);
	}
	return 0;
}

int zram_module_unload(const struct sysroot *root)
{
	int numbers[DEVICES_MAX];
	int n = zram_device_list(root, numbers, DEVICES_MAX);

	for (int i = 0; i < n; i++) {
		struct zram_device device;
		if (zram_device_read(root, numbers[i], &device) < 0 || device.size_bytes > 0) {
			return 1;
		}
	}
	if (n < 0 || n == DEVICES_MAX) {
		return n < 0 ? n : 1;
	}
	if (syscall(SYS_delete_module, "zram", O_NONBLOCK) < 0) {
		return errno == EBUSY || errno == EWOULDBLOCK ? 1 : errno == ENOENT ? 0 : -errno;
	}
	return 0;
}
