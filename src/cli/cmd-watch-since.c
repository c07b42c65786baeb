/*
 * twinlens watch --since: what was recorded. A program of its own, which twinlens-watch runs, as it
 * links jansson and needs memory; the recorder does neither.
 */
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"
#include "util/parse.h"
#include "watch/history/history.h"
#include "watch/history/print.h"

const char verb_name[] = "watch";

static int print(const struct history *history, const char *path, const char *since, bool is_json)
{
	if (history->n_samples == 0) {
		log_error(
			"watch: %s: has no sample of the last %s; is watch running?", path, since);
		return EXIT_STATUS_FAILED;
	}
	int r = is_json ? history_print_json(history, stdout)
			: history_print_table(history, stdout);
	if (r < 0) {
		log_error("watch: writing the table: %s", error_name(r));
		return EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}

/* FILE TIME [--json] */
int verb_run(int argc, char **argv)
{
	struct history history = {0};
	struct timespec now;
	struct error err;
	uint64_t since_ns;

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "--json") != 0)) {
		log_error("twinlens-watch-since: is run by twinlens watch --since TIME");
		return EXIT_STATUS_USAGE;
	}
	if (parse_duration(argv[2], &since_ns) < 0 || since_ns == 0) {
		log_error("watch: --since %.100s: must be a time such as 2h or 7d", argv[2]);
		return EXIT_STATUS_USAGE;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t now_ms = (uint64_t)now.tv_sec * 1000;
	uint64_t since_ms = since_ns / NSEC_PER_MSEC;
	int r = history_read(&history, argv[1], now_ms > since_ms ? now_ms - since_ms : 0, &err);
	int status;
	if (r < 0) {
		log_error("watch: %s", err.text);
		status = r == -ENOENT || r == -EACCES ? EXIT_STATUS_LACKING : EXIT_STATUS_FAILED;
	} else {
		status = print(&history, argv[1], argv[2], argc == 4);
	}
	history_done(&history);
	return status;
}
