/*
 * The figures of the server, as it reports them itself. A program of its own,
 * twinlens-watch-status, asks for them: watch has no HTTP and no JSON. It is started every ten
 * seconds at most, or once an interval when that is longer; nobody waits for it: what it printed is
 * in the next sample. Only the first server is asked. One thread, that of the processes.
 */
#ifndef WATCH_RECORD_SERVER_H
#define WATCH_RECORD_SERVER_H

#include <spawn.h>
#include <stdbool.h>

#include "watch/record/sample.h"

#define SERVER_ADDRESS_MAX 80

/* Twice what WATCH_CAMERAS_MAX cameras with the longest names take. */
#define SERVER_TEXT_MAX 2048

struct server_reader {
	const char *program;
	const char *url; /* NULL: a process is asked */
	uint64_t interval_ns;
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;
	int output_fd;                    /* -1 while the reader is not open */
	pid_t child;                      /* 0 while none runs */
	pid_t asked;                      /* the process that the child asks */
	char address[SERVER_ADDRESS_MAX]; /* where it answered; "" when that is not known */
	bool is_killed;
	uint64_t due_ns;      /* when the next one is started */
	uint64_t deadline_ns; /* when the one that runs is ended */
	struct server_sample latest;
};

/* A reader that finds nothing, and need not be closed. */
void server_reader_init(struct server_reader *reader);

/*
 * program is given a URL; or a pid and, when it printed a first line "url URL" before, that URL. It
 * prints lines of "NAME VALUE", or one that says why it cannot, and ends with a status other than
 * 0. url is "" when the first server that runs is to be asked. Both must outlive the reader. After
 * init. 0 or a negative errno.
 */
int server_reader_open(
	struct server_reader *reader, const char *program, const char *url, uint64_t interval_ns);
void server_reader_close(struct server_reader *reader);

/*
 * Takes over what there is, starts and ends the program as it is due. pid is that of the server, 0
 * when none runs; with a URL it does not matter.
 */
void server_reader_sample(
	struct server_reader *reader, pid_t pid, uint64_t now_ns, struct server_sample *ret_sample);

/* The same between two samples, of the same server. */
void server_reader_run(struct server_reader *reader, uint64_t now_ns);

/* When server_reader_run should be called at the latest; UINT64_MAX for never. */
uint64_t server_reader_next_ns(const struct server_reader *reader);

/* Waits for the program that runs, for its two seconds at most. */
void server_reader_wait(struct server_reader *reader);

#endif
