/*
 * inih splits lines into key and value; what it would pass over in silence is caught by the reader
 * that feeds it: lines longer than its buffer (it would cut them), NUL bytes, words after a
 * section, sections without keys, and indented lines (it would take them for continuations).
 */
#include "util/ini-text.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t\r"

struct parser {
	const char *name;       /* of the file, for messages */
	const char *rest, *end; /* the text that is still to be read */
	int line;               /* the current one, from 1 */
	int error_line;         /* where err was set, else 0 */
	const struct ini_text_handler *handler;
	void *user;
	char section[64];
	bool is_in_section;
	struct error *err;
};

__attribute__((format(printf, 2, 3))) static void fail(
	struct parser *parser, const char *format, ...)
{
	if (parser->error_line) {
		return; /* the first error is the one to tell */
	}
	char text[ERROR_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	error_set(parser->err, -EINVAL, "%s:%d: %s", parser->name, parser->line, text);
	parser->error_line = parser->line;
}

/* line begins with '['. One without its ']' is left for inih to refuse. */
static void enter_section(struct parser *parser, const char *line)
{
	const char *start = line + 1;
	const char *end = strchr(start, ']');
	struct error reason;

	if (!end) {
		return;
	}
	const char *after = end + 1 + strspn(end + 1, BLANKS);
	if (*after && *after != ';') {
		fail(parser, "%.100s: only a ; comment may follow a section", line);
		return;
	}
	if ((size_t)(end - start) >= sizeof(parser->section)) {
		fail(parser, "the name of the section is too long");
		return;
	}
	memcpy(parser->section, start, (size_t)(end - start));
	parser->section[end - start] = '\0';
	if (parser->handler->enter(parser->user, (unsigned)parser->line, parser->section, &reason) <
		0) {
		fail(parser, "[%s]: %s", parser->section, reason.text);
	}
	parser->is_in_section = true;
}

/* An ini_reader, which is to work like fgets(3). */
static char *read_line(char *buffer, int size, void *stream)
{
	struct parser *parser = stream;

	if (parser->error_line || parser->rest == parser->end) {
		return NULL;
	}
	parser->line++;
	const char *start = parser->rest;
	const char *newline = memchr(start, '\n', (size_t)(parser->end - start));
	const char *end = newline ? newline : parser->end;
	parser->rest = newline ? newline + 1 : parser->end;
	while (start < end && strchr(BLANKS, *start) && *start) {
		start++;
	}
	size_t length = (size_t)(end - start);
	if (memchr(start, '\0', length)) {
		fail(parser, "there is a NUL byte in the line");
		return NULL;
	}
	if (length > (size_t)size - 2) {
		fail(parser, "the line is longer than %d bytes", size - 2);
		return NULL;
	}
	memcpy(buffer, start, length);
	buffer[length] = '\0';
	if (*buffer == '[') {
		enter_section(parser, buffer);
	}
	return parser->error_line ? NULL : buffer;
}

/* An ini_handler: non-zero is success. */
static int handle_key(void *user, const char *section, const char *key, const char *value)
{
	struct parser *parser = user;
	struct error reason;

	(void)section; /* cut to 49 bytes; enter_section knows better */
	if (!parser->is_in_section) {
		fail(parser, "%.50s: a [section] must come first", key);
		return 0;
	}
	if (parser->handler->set(parser->user, (unsigned)parser->line, key, value, &reason) < 0) {
		fail(parser, "[%s] %s = %.100s: %s", parser->section, key, value, reason.text);
		return 0;
	}
	return 1;
}

int ini_text_parse(const char *text, size_t size, const char *name,
	const struct ini_text_handler *handler, void *user, struct error *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct parser parser = {
		.name = name,
		.rest = text,
		.end = text + size,
		.handler = handler,
		.user = user,
		.err = err,
	};

	if (size >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0) {
		parser.rest += strlen(bom);
	}
	int first_bad_line = ini_parse_stream(read_line, &parser, handle_key, &parser);
	if (first_bad_line < 0) {
		return error_set(err, -ENOMEM, "%s: %s", name, error_name(-ENOMEM));
	}
	if (first_bad_line > 0 && first_bad_line != parser.error_line) {
		return error_set(err, -EINVAL, "%s:%d: must be [section], KEY = VALUE or ; comment",
			name, first_bad_line);
	}
	return parser.error_line ? -EINVAL : 0;
}
