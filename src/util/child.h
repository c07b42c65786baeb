/*
 * A program that this one runs: in a process group of its own, with the signals of an ordinary
 * program, waited for no longer than asked. What is left of its group is killed when it has ended.
 * Where there is setpriv(1), it does not outlive this process, even when that is killed. One
 * thread.
 */
#ifndef UTIL_CHILD_H
#define UTIL_CHILD_H

#include <limits.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_ARGUMENTS_MAX 40

struct child {
	pid_t pid; /* 0: none, or waited for */
	int fd;    /* pidfd; -1 without */
};

#define CHILD_NONE ((struct child){.fd = -1})

/* Where its standard streams lead to; -1: /dev/null. */
struct child_files {
	int in, out, err;
};

/* The program in PATH, as the shell finds it. 0 or -ENOENT; -ENAMETOOLONG. */
int child_find(const char *name, char ret_path[PATH_MAX]);

/*
 * For posix_spawn(3): a process group of its own, and no signal is blocked or ignored. 0, to be
 * ended by posix_spawnattr_destroy, or a negative errno.
 */
int child_attributes_init(posix_spawnattr_t *ret_attributes);

/* Only starts the program, which nothing ends; its pid is its group's. 0 or a negative errno. */
int child_spawn(const char *path, const char *const argv[], char *const environment[],
	const struct child_files *files, pid_t *ret_pid);

/*
 * Starts argv[0], found in PATH unless it has a slash. 0 or a negative errno, -ENOENT when there is
 * no such program.
 */
int child_start(struct child *child, const char *const argv[], const struct child_files *files);

/*
 * Waits for its end. 0 with ret_status as waitpid(2) has it; -ETIMEDOUT when it still runs at
 * deadline_ns; another negative errno.
 */
int child_wait(struct child *child, uint64_t deadline_ns, int *ret_status);

/* To its whole group. */
void child_signal(const struct child *child, int signo);

/*
 * Ends the group, with signo first, and with SIGKILL when it still runs after grace_ns. Also for
 * one that has ended. Returns its status as waitpid(2) has it; -1 when it was waited for before.
 */
int child_end(struct child *child, int signo, uint64_t grace_ns);

/* Kills it. */
void child_done(struct child *child);

#define _cleanup_child_ __attribute__((cleanup(child_done)))

/* What a program wrote, with a NUL behind it. */
struct child_text {
	char *text; /* of the caller */
	size_t size, used;
};

/*
 * Reads both pipes until the program and all that has them has closed them. 0; -ETIMEDOUT;
 * -EMSGSIZE when one of the texts is full; another negative errno.
 */
int child_collect(int out_fd, int err_fd, uint64_t deadline_ns, struct child_text *out,
	struct child_text *err);

/*
 * Runs the program to its end and keeps its standard output and error. 0 with ret_status;
 * -ETIMEDOUT when it takes longer, -EMSGSIZE when it writes more than fits, and then it is killed;
 * otherwise as child_start().
 */
int child_run(const char *const argv[], uint64_t timeout_ns, struct child_text *out,
	struct child_text *err, int *ret_status);

#endif
