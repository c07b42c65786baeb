#include "cli/profile/profile-leaks.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/beside.h"
#include "cli/verb.h"
#include "profile/leaks/leaks.h"
#include "util/clock.h"
#include "util/log.h"

struct progress {
	uint64_t begun_ns, duration_ns;
};

static uint64_t lost_bytes(const struct leak_counts *counts)
{
	return counts->definite + counts->indirect;
}

static void show_round(void *user, const struct leaks *leaks)
{
	const struct progress *progress = user;
	const struct leak_counts *counts = &leaks->rounds[leaks->n - 1];

	fprintf(stderr,
		"\r\033[Kround %zu, %.0f of %.0f s: %" PRIu64 " bytes lost, %" PRIu64 " reachable",
		leaks->n, clock_to_seconds(clock_now_ns() - progress->begun_ns),
		clock_to_seconds(progress->duration_ns), lost_bytes(counts), counts->reachable);
}

/* The line of progress is for a terminal alone. */
static int run(struct leaks *leaks, struct leaks_options *options, struct interrupt *interrupt,
	struct error *err)
{
	struct progress progress = {
		.begun_ns = clock_now_ns(), .duration_ns = options->duration_ns};
	bool is_terminal = isatty(STDERR_FILENO);

	if (is_terminal) {
		fprintf(stderr, "starting the server under valgrind");
		options->on_round = show_round;
		options->user = &progress;
	}
	int r = leaks_run(leaks, options, interrupt, err);
	if (is_terminal) {
		fprintf(stderr, "\r\033[K");
	}
	return r;
}

static int fail_unused(const struct leaks *leaks)
{
	for (size_t i = 0; i < leaks->unused.n; i++) {
		log_error("profile leaks: the suppression %s was not used; remove it",
			leaks->unused.items[i]);
	}
	return leaks->unused.n > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

static int tell_verdict(const struct leaks *leaks, const char *folder)
{
	const struct leak_counts *last =
		leaks->n > 0 ? &leaks->rounds[leaks->n - 1] : &leaks->at_exit;
	uint64_t first = leaks->n > 0 ? leaks->rounds[0].reachable : 0;
	uint64_t lost = lost_bytes(last) > lost_bytes(&leaks->at_exit)
				? lost_bytes(last)
				: lost_bytes(&leaks->at_exit);

	printf("%s: %zu rounds; lost: %" PRIu64 " bytes; reachable: %" PRIu64
	       " bytes after the first round, %" PRIu64 " after the last; possibly lost: %" PRIu64
	       "; errors: %" PRIu64 "\nlog: %s/%s\n",
		leak_verdict_name(leaks->verdict), leaks->n, lost, first, last->reachable,
		last->possible, leaks->errors, folder, LEAKS_LOG);
	switch (leaks->verdict) {
	case LEAK_VERDICT_NONE:
		return fail_unused(leaks);
	case LEAK_VERDICT_UNDECIDED:
		log_error("profile leaks: %zu rounds in the time are too few, %d are needed%s%s; "
			  "give it a longer --duration",
			leaks->n, LEAK_ROUNDS_MIN, leaks->cut.code ? ": " : "",
			leaks->cut.code ? leaks->cut.text : "");
		break;
	case LEAK_VERDICT_LOST:
		log_error("profile leaks: %" PRIu64 " bytes are lost; the log says where they were "
			  "allocated",
			lost);
		break;
	case LEAK_VERDICT_GROWS:
		log_error("profile leaks: reachable memory rose %d rounds in a row, to %" PRIu64
			  " bytes; the log says where it was allocated",
			LEAK_RISES_MAX, last->reachable);
		break;
	default:
		log_error("profile leaks: valgrind found %" PRIu64 " errors; see the log",
			leaks->errors);
	}
	return EXIT_STATUS_FAILED;
}

static int finish(const struct leaks *leaks, const char *folder, int r, const struct error *err)
{
	if (r == -EINTR) {
		log_error("profile leaks: interrupted; %s/%s is complete up to then", folder,
			LEAKS_LOG);
		return EXIT_STATUS_FAILED;
	}
	if (r < 0) {
		log_error("profile leaks: %s", err->text);
		return r == -ENOENT || r == -EACCES ? EXIT_STATUS_LACKING : EXIT_STATUS_FAILED;
	}
	return tell_verdict(leaks, folder);
}

int profile_leaks(const char *folder, uint64_t duration_ns)
{
	char program[PATH_MAX];
	struct interrupt interrupt;
	struct error err;

	int r = beside_find("serve", program);
	if (r < 0) {
		log_error(
			"profile leaks: the server that belongs to it: %s; install twinlens again",
			error_name(r));
		return EXIT_STATUS_LACKING;
	}
	r = interrupt_open(&interrupt);
	struct leaks *leaks = malloc(sizeof(*leaks));
	if (r < 0 || !leaks) {
		log_error("profile leaks: %s", error_name(r < 0 ? r : -ENOMEM));
		free(leaks);
		return EXIT_STATUS_FAILED;
	}
	struct leaks_options options = {
		.program = program, .folder = folder, .duration_ns = duration_ns};
	r = run(leaks, &options, &interrupt, &err);
	int status = finish(leaks, folder, r, &err);
	leaks_done(leaks);
	free(leaks);
	interrupt_close(&interrupt);
	return status;
}
