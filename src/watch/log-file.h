/*
 * A file that lines are appended to, rotated by size and age: FILE is the current one, FILE.1 the
 * one before, up to FILE.keep. A line is written whole or not at all. One thread.
 *
 * Also when something else moves or removes the file, as logrotate does, the next line goes to a
 * new one of that name; no signal is needed for that.
 */
#ifndef WATCH_LOG_FILE_H
#define WATCH_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOG_FILE_PATH_MAX 256

struct log_file_settings {
	char path[LOG_FILE_PATH_MAX]; /* "" for none, "-" for standard output, which is not rotated
				       */
	uint64_t rotate_bytes, rotate_age_ns; /* 0: not by this */
	unsigned keep;
};

struct log_file {
	const struct log_file_settings *settings;
	int fd; /* -1 while it is not open */
	dev_t device;
	ino_t inode;
	uint64_t size_bytes, begun_ns; /* of the current one; CLOCK_MONOTONIC */
};

/* Opens nothing yet. settings must outlive the file. */
void log_file_init(struct log_file *file, const struct log_file_settings *settings);
void log_file_done(struct log_file *file);

/*
 * Appends a line, which must end in a newline. 0, also for one without a path; a negative errno,
 * and then nothing of it was written: the caller may try again.
 */
int log_file_write(struct log_file *file, const char *line, size_t size, uint64_t now_ns);

#endif
