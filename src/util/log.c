#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

/* The highest level that is written. */
static enum log_level max_level(void)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"error", LOG_LEVEL_ERROR}, {"warning", LOG_LEVEL_WARNING},
		{"info", LOG_LEVEL_INFO}, {"debug", LOG_LEVEL_DEBUG}};
	const char *wanted = getenv("TWINLENS_LOG_LEVEL");

	for (size_t i = 0; wanted && i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i].name, wanted) == 0) {
			return levels[i].level;
		}
	}
	return LOG_LEVEL_INFO;
}

/* The variable alone says nothing: what a service starts inherits it, with stderr elsewhere. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

/* One write(2) a line, so that lines of two threads never mix. */
void log_message(enum log_level level, const char *format, ...)
{
	if (level > max_level()) {
		return;
	}
	char line[LINE_MAX_BYTES];
	int prefix = is_journal() ? snprintf(line, sizeof(line), "<%d>", (int)level)
				  : snprintf(line, sizeof(line), "twinlens: ");
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line + prefix, sizeof(line) - (size_t)prefix - 1, format, arguments);
	va_end(arguments);
	if (length < 0) {
		return;
	}
	size_t size = (size_t)prefix + (size_t)length;
	if (size > sizeof(line) - 2) {
		size = sizeof(line) - 2;
	}
	line[size++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, size);
	(void)written; /* there is nowhere left to report to */
}
