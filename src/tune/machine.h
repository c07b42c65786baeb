/* The machine that is tuned: where it is read from, and what the process may do there. */
#ifndef TUNE_MACHINE_H
#define TUNE_MACHINE_H

#include <stdbool.h>

#include "util/error.h"
#include "util/sysroot.h"

#define MACHINE_BOOT_ID_SIZE 40 /* a UUID, a newline, and what follows */

struct journal;
struct systemd;

struct machine {
	const struct sysroot *root;
	char boot_id[MACHINE_BOOT_ID_SIZE]; /* of this boot, a UUID */
	bool is_admin;                      /* effective CAP_SYS_ADMIN, over the machine itself */
	bool has_systemd;                   /* PID 1 is systemd */
	bool is_container;                  /* with a kernel, and so with swap, of its host */
	bool is_boot_state;                 /* the journal is the one that the boot unit reads */
	const struct journal *journal;      /* what is applied; NULL when nothing ever was */
	struct systemd *systemd;            /* for kinds that need it, who connect it */
};

/* Reads root; journal and systemd are set by the caller, who owns them. 0, or a negative errno with
 * err set. */
int machine_init(struct machine *machine, const struct sysroot *root, struct error *err);

/* Whether path, or the folder that it would be made in, lies on a file system mounted read-only. */
bool machine_is_read_only(const struct machine *machine, const char *path);

#endif
