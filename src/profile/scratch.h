/* A temporary folder for what other programs write. */
#ifndef PROFILE_SCRATCH_H
#define PROFILE_SCRATCH_H

#include <limits.h>
#include <stddef.h>

struct scratch {
	char path[PATH_MAX]; /* "": none */
};

#define SCRATCH_NONE ((struct scratch){.path = ""})

/* In TMPDIR, or /tmp. 0 or a negative errno. */
int scratch_open(struct scratch *scratch);

/* Writes path/name to buffer. 0 or -ENAMETOOLONG. */
int scratch_name(const struct scratch *scratch, const char *name, char *buffer, size_t size);

/* Creates or empties a file for another program's output. A descriptor or a negative errno. */
int scratch_create(const struct scratch *scratch, const char *name);

/*
 * The first line of a file that says something: blank ones, and headings such as "Error:", are
 * passed over. "" when there is none.
 */
void scratch_first_line(const struct scratch *scratch, const char *name, char *text, size_t size);

/* Removes the folder with all that is in it. */
void scratch_done(struct scratch *scratch);

#define _cleanup_scratch_ __attribute__((cleanup(scratch_done)))

#endif
