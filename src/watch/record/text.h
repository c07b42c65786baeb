/* Text that grows in a buffer of fixed size: nothing is allocated. */
#ifndef WATCH_RECORD_TEXT_H
#define WATCH_RECORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *data; /* NUL-terminated */
	size_t size, used;
	bool is_cut; /* something did not fit; data holds what did */
};

/* buffer must outlive text; size > 0. */
void text_init(struct text *text, char *buffer, size_t size);

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes. What is not printable UTF-8 is replaced by '?'. */
void text_add_quoted(struct text *text, const char *string);

/* "2026-11-27T19:20:00Z" */
#define TEXT_TIME_SIZE 24
void text_format_time(uint64_t unix_ms, char buffer[static TEXT_TIME_SIZE]);

/* "3.7G", "512K": binary units. "-" for NAN. */
#define TEXT_BYTES_SIZE 24
void text_format_bytes(double bytes, char buffer[static TEXT_BYTES_SIZE]);

#endif
