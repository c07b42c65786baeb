#include "profile/leaks/leaks.h"

#include <errno.h>
#include <inttypes.h>

#include "profile/leaks/leak-server.h"
#include "profile/leaks/leak-viewers.h"
#include "profile/leaks/suppressions.h"
#include "profile/log-file.h"
#include "util/cleanup.h"
#include "util/clock.h"

/* Of the duration, for ending the server: valgrind then searches once more. */
#define END_SHARE 10

#define WATCH_NS   (400 * NSEC_PER_MSEC)
#define RECOVER_NS (700 * NSEC_PER_MSEC) /* longer than a camera waits to look for its device */

#define LOG_NAME "valgrind.txt"

struct run {
	struct leaks *leaks;
	const struct leaks_options *options;
	struct interrupt *interrupt;
	struct scratch scratch;
	char log[PATH_MAX]; /* what valgrind writes */
	struct leak_server server;
	uint64_t begun_ns, deadline_ns; /* of the last round */
};

/* Viewers come and watch, a camera is lost and found again, some change cameras, all leave. */
static int run_viewers(struct run *run, struct error *err)
{
	_cleanup_leak_viewers_ struct leak_viewers viewers = {0};
	uint64_t deadline_ns = run->deadline_ns;

	int r = leak_viewers_open(&viewers, &run->server.url, run->interrupt, err);
	if (r < 0) {
		return r;
	}
	r = leak_viewers_watch(&viewers, WATCH_NS, deadline_ns, err);
	if (r < 0) {
		return r;
	}
	r = leak_server_unplug(&run->server, err);
	if (r < 0) {
		return r;
	}
	r = leak_viewers_change(&viewers, err);
	if (r < 0) {
		return r;
	}
	r = leak_viewers_watch(&viewers, WATCH_NS, deadline_ns, err);
	if (r < 0) {
		return r;
	}
	r = leak_server_plug(&run->server, err);
	return r < 0 ? r : leak_viewers_watch(&viewers, RECOVER_NS, deadline_ns, err);
}

/* The round is over when nobody watches and no camera runs: what is kept then is compared. */
static int run_round(struct run *run, struct leak_counts *ret_counts, struct error *err)
{
	int r = run_viewers(run, err);
	if (r < 0) {
		return r;
	}
	r = leak_server_reload(&run->server, err);
	if (r < 0) {
		return r;
	}
	r = leak_server_settle(&run->server, run->deadline_ns, err);
	return r < 0 ? r : leak_server_check(&run->server, ret_counts, err);
}

/* Until the time is over, or something was found. */
static int run_rounds(struct run *run, struct error *err)
{
	struct leaks *leaks = run->leaks;
	struct leak_counts counts;
	uint64_t longest_ns = 0;

	int r = run_round(run, &counts, err); /* warms up: first uses allocate */
	while (r == 0 && leaks->n < LEAKS_ROUNDS_MAX) {
		uint64_t begun_ns = clock_now_ns();
		if (leaks->n >= LEAK_ROUNDS_MIN && begun_ns + longest_ns > run->deadline_ns) {
			break;
		}
		r = run_round(run, &counts, err);
		if (r == 0) {
			leaks->rounds[leaks->n++] = counts;
			uint64_t took_ns = clock_now_ns() - begun_ns;
			longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
			if (run->options->on_round) {
				run->options->on_round(run->options->user, leaks);
			}
		}
		if (leak_verdict_of_rounds(leaks->rounds, leaks->n) > LEAK_VERDICT_UNDECIDED) {
			break;
		}
	}
	/* What the time cuts short is not a fault: too few rounds are undecided. */
	if (r == -ETIMEDOUT) {
		leaks->cut = *err;
		return 0;
	}
	return r;
}

static int find_unused(struct leaks *leaks, const char *log, struct error *err)
{
	_cleanup_names_ struct names names = {0};
	int r = leak_suppressions_parse(suppressions_text, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (!leak_suppression_is_used(log, names.items[i])) {
			r = names_add(&leaks->unused, names.items[i]);
		}
	}
	return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

static int judge(struct run *run, struct error *err)
{
	struct leaks *leaks = run->leaks;
	_cleanup_free_ char *text = leak_server_read_log(&run->server, 0);

	if (!text) {
		return error_set(err, -errno, "%s: %s", run->log, error_name(-errno));
	}
	int r = leak_counts_parse(text, &leaks->at_exit);
	if (r == 0) {
		r = leak_errors_parse(text, &leaks->errors);
	}
	if (r < 0) {
		return error_set(err, -EPROTO, "%s: valgrind wrote no summary", run->log);
	}
	leaks->verdict =
		leak_verdict_at_end(leaks->rounds, leaks->n, &leaks->at_exit, leaks->errors);
	return leaks->verdict == LEAK_VERDICT_NONE ? find_unused(leaks, text, err) : 0;
}

static int run_server(struct run *run, struct error *err)
{
	const struct leak_server_options options = {
		.program = run->options->program, .log = run->log};

	int r = leak_server_start(
		&run->server, &options, &run->scratch, run->interrupt, run->deadline_ns, err);
	if (r == 0) {
		r = run_rounds(run, err);
	}
	/* Whatever was the matter: valgrind writes what it knows when the server is ended. */
	struct error reason;
	int stopped = leak_server_stop(&run->server, &reason);
	if (r < 0) {
		return r;
	}
	return stopped < 0 ? error_set(err, stopped, "%s", reason.text) : judge(run, err);
}

static void print_rounds(FILE *file, const struct leaks *leaks)
{
	fprintf(file, "# bytes after each round, and at the end: definitely lost, indirectly lost, "
		      "possibly lost, still reachable, suppressed\n");
	for (size_t i = 0; i <= leaks->n; i++) {
		bool is_end = i == leaks->n;
		const struct leak_counts *counts = is_end ? &leaks->at_exit : &leaks->rounds[i];
		char name[16];
		snprintf(name, sizeof(name), is_end ? "end" : "%zu", i + 1);
		fprintf(file,
			"# %5s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
			"\n",
			name, counts->definite, counts->indirect, counts->possible,
			counts->reachable, counts->suppressed);
	}
	if (leaks->cut.code != 0) {
		fprintf(file, "# the last round was cut short: %s\n", leaks->cut.text);
	}
	fprintf(file, "# verdict: %s; errors: %" PRIu64 "\n\n", leak_verdict_name(leaks->verdict),
		leaks->errors);
}

/* result: of the run; 0 when there is a verdict. */
static int write_log(const struct run *run, int result, struct error *err)
{
	_cleanup_log_file_ struct log_file log = LOG_FILE_NONE;
	const struct log_head head = {.what = "leaks of the server while viewers come and go",
		.how = "by valgrind's memcheck, asked after each round of viewers",
		.command = run->server.command,
		.elapsed_ns = clock_now_ns() - run->begun_ns};

	int r = log_file_open(&log, run->options->folder, LEAKS_LOG, err);
	if (r < 0) {
		return r;
	}
	log_file_head(&log, &head);
	if (result == 0) {
		print_rounds(log.file, run->leaks);
	} else {
		fprintf(log.file, "# not complete: %s\n\n",
			result == -EINTR ? "interrupted" : err->text);
	}
	r = log_file_append(&log, run->log);
	if (r < 0) {
		return error_set(err, r, "%s: %s", log.path, error_name(r));
	}
	return log_file_commit(&log, err);
}

static int run_in_scratch(struct run *run, struct error *err)
{
	int r = scratch_name(&run->scratch, LOG_NAME, run->log, sizeof(run->log));
	if (r < 0) {
		return error_set(err, r, "%s: %s", run->scratch.path, error_name(r));
	}
	r = run_server(run, err);
	leak_server_done(&run->server);
	if (r == -ENOENT) {
		return r; /* there is no valgrind */
	}
	struct error reason = *err;
	int written = write_log(run, r, &reason);
	if (written < 0 && r == 0) {
		*err = reason;
		return written;
	}
	return r;
}

int leaks_run(struct leaks *leaks, const struct leaks_options *options, struct interrupt *interrupt,
	struct error *err)
{
	uint64_t now_ns = clock_now_ns();
	struct run run = {.leaks = leaks,
		.options = options,
		.interrupt = interrupt,
		.server = {.child = CHILD_NONE},
		.begun_ns = now_ns,
		.deadline_ns = now_ns + options->duration_ns - options->duration_ns / END_SHARE};

	*leaks = (struct leaks){0};
	*err = (struct error){0};
	int r = scratch_open(&run.scratch);
	if (r < 0) {
		return error_set(err, r, "temporary folder: %s", error_name(r));
	}
	r = run_in_scratch(&run, err);
	scratch_done(&run.scratch);
	return r;
}

void leaks_done(struct leaks *leaks)
{
	names_done(&leaks->unused);
}
