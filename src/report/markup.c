#include "report/markup.h"

#include <errno.h>

#include "util/cleanup.h"
#include "util/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static const char *reference(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* What is not printable is replaced; the rest goes through escape, unless that has no other form.
 */
static void write_printable(FILE *out, const char *text, const char *(*escape)(char c))
{
	const char *c = text;

	while (*c) {
		size_t n = utf8_printable(c);
		if ((size_t)(c - text) + (n ? n : 1) > MARKUP_TEXT_MAX) {
			fputs("...", out);
			return;
		}
		const char *escaped = escape ? escape(*c) : NULL;
		if (escaped) {
			fputs(escaped, out);
		} else if (n > 0) {
			fwrite(c, 1, n, out);
		} else {
			fputs(REPLACEMENT, out);
		}
		c += n ? n : 1;
	}
}

void markup_write(FILE *out, const char *text)
{
	write_printable(out, text, reference);
}

json_t *markup_to_json(const char *text)
{
	_cleanup_free_ char *printable = NULL;
	size_t size;
	FILE *out = open_memstream(&printable, &size);

	if (!out) {
		return NULL;
	}
	write_printable(out, text, NULL);
	return fclose(out) == 0 ? json_string(printable) : NULL;
}

int markup_write_json(FILE *out, const json_t *value)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));

	if (!text) {
		return -ENOMEM;
	}
	for (const char *c = text; *c; c++) {
		if (*c == '<' || *c == '>' || *c == '&') {
			fprintf(out, "\\u%04x", (unsigned)*c); /* stands in strings only */
		} else {
			fputc(*c, out);
		}
	}
	return 0;
}
