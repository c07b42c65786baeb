#include "soak/log.h"

#include <stdarg.h>
#include <time.h>

void soak_log_note(FILE *log, const char *format, ...)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm parts;
	va_list arguments;

	gmtime_r(&now, &parts);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &parts);
	fprintf(log, "%s ", stamp);
	va_start(arguments, format);
	vfprintf(log, format, arguments);
	va_end(arguments);
	fputc('\n', log);
	fflush(log);
}
