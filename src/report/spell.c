#include "report/spell.h"

#include <math.h>

const char *spell_number(double value, char buffer[static SPELL_TEXT_MAX])
{
	double size = fabs(value);
	int decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;

	if (isnan(value)) {
		return "-";
	}
	if (size >= 1e15) {
		snprintf(buffer, SPELL_TEXT_MAX, "%.2e", value);
		return buffer;
	}
	if (value == trunc(value)) {
		decimals = 0;
	}
	snprintf(buffer, SPELL_TEXT_MAX, "%.*f", decimals, value);
	return buffer;
}

const char *spell_value(double value, const char *unit, char buffer[static SPELL_TEXT_MAX])
{
	char number[SPELL_TEXT_MAX];
	const char *text = spell_number(value, number);

	snprintf(buffer, SPELL_TEXT_MAX, "%.24s%s%.16s", text, unit[0] && !isnan(value) ? " " : "",
		isnan(value) ? "" : unit);
	return buffer;
}

const char *spell_duration(double seconds, char buffer[static SPELL_TEXT_MAX])
{
	char number[SPELL_TEXT_MAX];

	if (seconds < 120) {
		snprintf(buffer, SPELL_TEXT_MAX, "%.24s s", spell_number(ceil(seconds), number));
	} else if (seconds < 7200) {
		snprintf(buffer, SPELL_TEXT_MAX, "%.24s min",
			spell_number(ceil(seconds / 60), number));
	} else if (seconds < 172800) {
		snprintf(buffer, SPELL_TEXT_MAX, "%.1f h", seconds / 3600);
	} else {
		snprintf(buffer, SPELL_TEXT_MAX, "%.1f d", fmin(seconds / 86400, 1e6));
	}
	return buffer;
}

const char *spell_time(time_t time, char buffer[static SPELL_TEXT_MAX])
{
	struct tm parts;

	if (!gmtime_r(&time, &parts) ||
		strftime(buffer, SPELL_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
		return "-";
	}
	return buffer;
}
