/*
 * The figures of a server and of the machine that it runs on. Where it runs on another machine,
 * only what it reports of itself is known.
 */
#ifndef SOAK_PROBE_H
#define SOAK_PROBE_H

#include <sys/types.h>

#include "client/url.h"
#include "soak/sample.h"
#include "util/error.h"
#include "watch/record/process.h"
#include "watch/record/system.h"

struct probe {
	const struct sysroot *root;
	struct url url;
	bool is_local; /* the server's figures are read here */
	char boot_id[SOAK_BOOT_ID_SIZE];
	double fps_target; /* the highest of any camera, as the server reported it; 0: not yet */
	struct error err;  /* why the server did not answer the latest time; "" when it did */

	/* inside */
	struct system_reader system;
	struct process_reader processes;
	pid_t pid; /* that processes looks at; 0: none */
	struct system_sample system_sample;
	struct process_sample process_sample;
};

/* Large: not for the stack. root must outlive it. 0 or a negative errno with err. */
int probe_open(
	struct probe *probe, const struct sysroot *root, const struct url *url, struct error *err);
void probe_close(struct probe *probe);

/*
 * Asks the server and reads the machine: all of ret_sample but the figures of viewers, which are
 * NAN. Blocks for at most timeout_ns for the server; a server that does not answer is pid 0.
 */
void probe_read(struct probe *probe, uint64_t timeout_ns, struct soak_sample *ret_sample);

#endif
