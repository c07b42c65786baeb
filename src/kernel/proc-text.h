/*
 * What the parsers of /proc, /sys and cgroup files share. They take text and are pure functions. A
 * number that the kernel does not offer is PROC_ABSENT, which differs from 0.
 */
#ifndef KERNEL_PROC_TEXT_H
#define KERNEL_PROC_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define PROC_ABSENT UINT64_MAX

/* What to look for in lines "key number", "key: number" or "key: number kB". */
struct proc_field {
	const char *key;
	size_t offset; /* of a uint64_t in the struct that is filled; set to bytes for "kB" */
};

/*
 * Fills the fields whose keys stand in text, and sets the others to PROC_ABSENT. Returns how many
 * it found. A number that does not fit is absent, and so is one that may have been cut: on a last
 * line with neither newline nor unit.
 */
size_t proc_fields_parse(
	const char *text, const struct proc_field *fields, size_t n_fields, void *ret_struct);

/*
 * Reads a decimal number after blanks, at *text, and moves *text behind it. 0, -EINVAL when there
 * is none, or -ERANGE.
 */
int proc_number_parse(const char **text, uint64_t *ret_value);

/* The sum of two numbers; one that is absent counts as 0 unless both are. */
uint64_t proc_sum(uint64_t a, uint64_t b);

#endif
