/*
 * An error with the words for a person: what failed, on which object, with which value, why, and
 * what to do. Lower layers fill it and return the code; the layer that decides (camera, server,
 * cli) logs it once.
 */
#ifndef UTIL_ERROR_H
#define UTIL_ERROR_H

#define ERROR_TEXT_MAX 320

struct error {
	int code;                  /* negative errno, 0 when nothing was set */
	char text[ERROR_TEXT_MAX]; /* one line, no full stop, no newline */
};

/*
 * Writes the text and returns code (a negative errno), so that callers can `return error_set(...)`.
 * err may be NULL. The text is printable UTF-8: what is not, which may come from a device or a
 * file, is replaced by '?'. A longer text is cut.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The message of a negative errno, for "%s". Thread-safe. */
const char *error_name(int code);

#endif
