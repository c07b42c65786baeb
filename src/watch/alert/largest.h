/*
 * The processes that hold the most memory, for the text of an alert: RssAnon + VmSwap of
 * /proc/PID/status, which waits for no lock of theirs. All processes are looked through, so this is
 * for alerts, not for samples.
 */
#ifndef WATCH_ALERT_LARGEST_H
#define WATCH_ALERT_LARGEST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/sysroot.h"

#define LARGEST_MAX 3

struct large_process {
	pid_t pid;
	char comm[16];
	uint64_t bytes; /* anonymous memory and swap */
};

/* The largest first. Returns how many were found. */
size_t largest_find(const struct sysroot *root, struct large_process ret_largest[LARGEST_MAX]);

#endif
