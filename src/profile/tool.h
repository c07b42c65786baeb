/* perf and strace, run on a process for a while. One thread. */
#ifndef PROFILE_TOOL_H
#define PROFILE_TOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/interrupt.h"
#include "profile/scratch.h"
#include "util/error.h"

struct tool {
	const char *name;    /* for messages: "perf trace" */
	const char *package; /* of Debian */
	const char *const *argv;
	const char *output; /* in the scratch folder: what it prints */
	const char *result; /* there, too: the file that it must leave; NULL: none */
	bool has_clock;     /* it ends by itself after the time, by a sleep(1) in argv */
};

#define TOOL_SLEEP_SIZE 32

/*
 * The time as an argument of sleep(1). perf begins to measure when it starts the command that is
 * given behind "--", and ends with it. Its own start may take longer than what is to be measured.
 */
void tool_sleep(uint64_t time_ns, char ret_seconds[static TOOL_SLEEP_SIZE]);

/* The arguments as one line; cut when longer. */
void tool_describe(const struct tool *tool, char *text, size_t size);

/*
 * Runs it for a time and ends it with SIGINT, on which it writes its result; with has_clock, or
 * with time_ns 0, it runs to its end. 0; -EINTR when a signal cut it short, with a result all the
 * same; -ECANCELED without a result; another negative errno with the reason: -ENOENT when it
 * is not installed, -EIO when it failed.
 */
int tool_run(const struct tool *tool, const struct scratch *scratch, struct interrupt *interrupt,
	uint64_t time_ns, struct error *err);

#endif
