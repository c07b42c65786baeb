#include "watch/record/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "util/utf8.h"

void text_init(struct text *text, char *buffer, size_t size)
{
	*text = (struct text){.data = buffer, .size = size};
	buffer[0] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;
	size_t room = text->size - text->used;

	va_start(arguments, format);
	int length = vsnprintf(text->data + text->used, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room) {
		text->is_cut = true;
		text->used = text->size - 1;
		return;
	}
	text->used += (size_t)length;
}

void text_add_quoted(struct text *text, const char *string)
{
	text_add(text, "\"");
	while (*string) {
		size_t length = utf8_printable(string);
		if (length == 0) {
			text_add(text, "?");
			string++;
			continue;
		}
		bool is_special = *string == '"' || *string == '\\';
		text_add(text, "%s%.*s", is_special ? "\\" : "", (int)length, string);
		string += length;
	}
	text_add(text, "\"");
}

void text_format_time(uint64_t unix_ms, char buffer[static TEXT_TIME_SIZE])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm utc;

	if (!gmtime_r(&seconds, &utc) ||
		strftime(buffer, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
		snprintf(buffer, TEXT_TIME_SIZE, "-");
	}
}

void text_format_bytes(double bytes, char buffer[static TEXT_BYTES_SIZE])
{
	static const char units[] = "BKMGT";
	size_t i = 0;

	if (isnan(bytes)) {
		snprintf(buffer, TEXT_BYTES_SIZE, "-");
		return;
	}
	while (bytes >= 1024.0 && i < sizeof(units) - 2) {
		bytes /= 1024.0;
		i++;
	}
	snprintf(buffer, TEXT_BYTES_SIZE, bytes < 10.0 && i > 0 ? "%.1f%c" : "%.0f%c", bytes,
		units[i]);
}
