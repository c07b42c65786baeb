#include "system/machine.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CAPABILITIES "\nCapEff:"
#define SYS_ADMIN    (UINT64_C(1) << 21) /* CAP_SYS_ADMIN of linux/capability.h */
#define INITIAL_PIDS "pid:[4026531836]"

static bool read_is_admin(const struct sysroot *root)
{
	char status[4096];

	if (sysroot_read(root, "/proc/self/status", status, sizeof(status)) < 0) {
		return false;
	}
	const char *line = strstr(status, CAPABILITIES);
	return line && (strtoull(line + strlen(CAPABILITIES), NULL, 16) & SYS_ADMIN);
}

/* As sd_booted(3). */
static bool read_has_systemd(const struct sysroot *root)
{
	return sysroot_exists(root, "/run/systemd/system");
}

/* The initial namespace has a fixed number, PROC_PID_INIT_INO of the kernel; files such as
 * /.dockerenv also lie in images that run on a kernel of their own. */
static bool read_is_container(const struct sysroot *root)
{
	char path[PATH_MAX], link[64];

	if (sysroot_path(root, "/proc/self/ns/pid", path, sizeof(path)) < 0) {
		return false;
	}
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	if (n < 0) {
		return false;
	}
	link[n] = '\0';
	return strcmp(link, INITIAL_PIDS) != 0;
}

int machine_init(struct machine *machine, const struct sysroot *root, struct error *err)
{
	*machine = (struct machine){.root = root};
	int r = sysroot_read(root, "/proc/sys/kernel/random/boot_id", machine->boot_id,
		sizeof(machine->boot_id));
	if (r < 0) {
		return error_set(err, r, "/proc/sys/kernel/random/boot_id: %s", error_name(r));
	}
	machine->is_admin = read_is_admin(root);
	machine->has_systemd = read_has_systemd(root);
	machine->is_container = read_is_container(root);
	return 0;
}

bool machine_is_read_only(const struct machine *machine, const char *path)
{
	char full[PATH_MAX];
	struct statvfs status;

	if (sysroot_path(machine->root, path, full, sizeof(full)) < 0) {
		return false;
	}
	while (statvfs(full, &status) < 0) {
		char *slash = strrchr(full, '/');
		if (!slash || slash == full) {
			return false;
		}
		*slash = '\0';
	}
	return status.f_flag & ST_RDONLY;
}
