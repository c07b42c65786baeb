/* Series from text: what is taken keeps the bounds of series-file.h, and can be judged. */
#include "prove/series-file.h"

#include <string.h>

#include "fuzz.h"

static void check_taken(const struct series_file *series)
{
	must(series->n >= 2 && series->n_series >= 1 && series->n_series <= LEAK_SERIES_MAX);
	for (size_t i = 0; i < series->n_series; i++) {
		must(series->names[i][0] && !strpbrk(series->names[i], "\n\t\x1b,\""));
	}
	struct leak_series judged = {
		.points = series->points[0], .n = series->n, .limits = leak_limits_memory(3600)};
	struct leak_result result;
	size_t index;
	must(leak_judge(&judged, 1, 1, &result, &index) == 0);
	must(result.windows.n <= WINDOWS_MAX && result.needed_s >= 0);
	must(!result.has_slope || result.low_per_hour <= result.high_per_hour);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_series_file_ struct series_file series = {0};
	struct error err = {0};
	FILE *in = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

	if (!in) {
		return 0;
	}
	if (series_file_read(in, "in.csv", &series, &err) == 0) {
		check_taken(&series);
	} else {
		must(err.text[0] && !strpbrk(err.text, "\n\r\t\x1b"));
	}
	fclose(in);
	return 0;
}
