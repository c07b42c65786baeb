#include "kernel/pressure.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernel/proc-text.h"
#include "util/clock.h"

/* The text behind " key=" in a line that ends at end; NULL when it has none. */
static const char *find_value(const char *line, const char *end, const char *key)
{
	const char *found = strstr(line, key);

	return found && found < end ? found + strlen(key) : NULL;
}

/* "12.34"; not by strtod(3), which reads the decimal separator of the locale. */
static double parse_average(const char *text)
{
	uint64_t whole, part;

	if (!text || proc_number_parse(&text, &whole) < 0 || *text++ != '.') {
		return NAN;
	}
	const char *digits = text;
	if (proc_number_parse(&text, &part) < 0 || text - digits != 2) {
		return NAN;
	}
	return (double)whole + (double)part / 100.0;
}

static struct pressure_line parse_line(const char *line, const char *end)
{
	struct pressure_line parsed = {
		.total_us = PROC_ABSENT,
		.avg10_percent = parse_average(find_value(line, end, " avg10=")),
		.avg60_percent = parse_average(find_value(line, end, " avg60=")),
	};
	const char *total = find_value(line, end, " total=");

	if (!total || proc_number_parse(&total, &parsed.total_us) < 0) {
		parsed.total_us = PROC_ABSENT;
	}
	return parsed;
}

int pressure_parse(const char *text, struct pressure *ret_pressure)
{
	const struct pressure_line absent = {
		.total_us = PROC_ABSENT, .avg10_percent = NAN, .avg60_percent = NAN};
	struct pressure pressure = {.some = absent, .full = absent};
	const char *end;

	for (const char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		if (strncmp(line, "some ", 5) == 0) {
			pressure.some = parse_line(line, end);
		} else if (strncmp(line, "full ", 5) == 0) {
			pressure.full = parse_line(line, end);
		}
	}
	if (pressure.some.total_us == PROC_ABSENT) {
		return -EINVAL;
	}
	*ret_pressure = pressure;
	return 0;
}

double pressure_share_percent(uint64_t before_us, uint64_t after_us, uint64_t elapsed_ns)
{
	if (before_us == PROC_ABSENT || after_us == PROC_ABSENT || elapsed_ns == 0 ||
		after_us < before_us) {
		return NAN;
	}
	double percent =
		100.0 * (double)(after_us - before_us) * (double)NSEC_PER_USEC / (double)elapsed_ns;
	return percent > 100.0 ? 100.0 : percent;
}
