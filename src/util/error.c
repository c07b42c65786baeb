#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

static void replace_unprintable(char *text)
{
	while (*text) {
		size_t n = utf8_printable(text);
		if (n == 0) {
			*text = '?';
			n = 1;
		}
		text += n;
	}
}

int error_set(struct error *err, int code, const char *format, ...)
{
	if (!err) {
		return code;
	}
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(err->text, sizeof(err->text), format, arguments);
	va_end(arguments);
	if (length < 0) {
		err->text[0] = '\0';
	}
	replace_unprintable(err->text);
	err->code = code;
	return code;
}

const char *error_name(int code)
{
	const char *text = strerrordesc_np(-code);

	return text ? text : "Unknown error";
}
