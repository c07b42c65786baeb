/* A log in the output folder. It is written to memory, and appears there whole. */
#ifndef PROFILE_LOG_FILE_H
#define PROFILE_LOG_FILE_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

#define LOG_FILE_APPEND_MAX ((size_t)8 << 20)

struct log_file {
	FILE *file; /* what is written there is checked by log_file_commit */
	char *text;
	size_t size;
	char path[PATH_MAX];
};

#define LOG_FILE_NONE ((struct log_file){.file = NULL})

/* Begins folder/name. 0 or a negative errno with the reason. */
int log_file_open(struct log_file *log, const char *folder, const char *name, struct error *err);

/* The lines at the top: what it is, how it was measured, and with which command. */
struct log_head {
	const char *what, *how, *command;
	uint64_t elapsed_ns; /* 0: at one moment */
};
void log_file_head(struct log_file *log, const struct log_head *head);

/* Appends a text file; what is over LOG_FILE_APPEND_MAX is left out. 0 or a negative errno. */
int log_file_append(struct log_file *log, const char *path);

/* Makes it appear, in place of an older one. 0 or a negative errno with the reason. */
int log_file_commit(struct log_file *log, struct error *err);

/* Forgets what is not committed. */
void log_file_done(struct log_file *log);

#define _cleanup_log_file_ __attribute__((cleanup(log_file_done)))

#endif
