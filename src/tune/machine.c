#include "tune/machine.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CAPABILITIES "\nCapEff:"
#define SYS_ADMIN    (UINT64_C(1) << 21) /* CAP_SYS_ADMIN of linux/capability.h */

/* PROC_USER_INIT_INO and PROC_PID_INIT_INO of the kernel's linux/proc_ns.h */
#define INITIAL_USERS "user:[4026531837]"
#define INITIAL_PIDS  "pid:[4026531836]"

/* The initial namespaces have fixed numbers. Files such as /.dockerenv also lie in images that run
 * on a kernel of their own. */
static bool is_in_initial(const struct sysroot *root, const char *path, const char *initial)
{
	char link[64];

	if (sysroot_readlink(root, path, link, sizeof(link)) < 0) {
		return true; /* the kernel has no such namespaces */
	}
	return strcmp(link, initial) == 0;
}

/* Capabilities in a user namespace are none over what belongs to the machine. */
static bool read_is_admin(const struct sysroot *root)
{
	char status[4096];

	if (sysroot_read(root, "/proc/self/status", status, sizeof(status)) < 0) {
		return false;
	}
	const char *line = strstr(status, CAPABILITIES);
	return line && (strtoull(line + strlen(CAPABILITIES), NULL, 16) & SYS_ADMIN) &&
	       is_in_initial(root, "/proc/self/ns/user", INITIAL_USERS);
}

/* As sd_booted(3). */
static bool read_has_systemd(const struct sysroot *root)
{
	return sysroot_exists(root, "/run/systemd/system");
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
	machine->is_container = !is_in_initial(root, "/proc/self/ns/pid", INITIAL_PIDS);
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
