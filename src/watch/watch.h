/*
 * The recorder as a service: takes samples, has them written, follows the rules, until SIGTERM or
 * SIGINT. SIGHUP opens the log files again.
 */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include <stdbool.h>

#include "util/error.h"
#include "watch/settings.h"

/* Once in a process. 0 or a negative errno with err; -EPIPE when standard output was closed. */
int watch_run(const struct watch_settings *settings, struct error *err);

/*
 * Prints one sample, of the time pause_ns, to standard output: a line, or a JSON document; and
 * writes the textfile. 0 or a negative errno with err.
 */
int watch_print_once(
	const struct watch_settings *settings, uint64_t pause_ns, bool is_json, struct error *err);

#endif
