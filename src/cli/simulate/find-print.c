#include "cli/simulate/find-print.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "util/json.h"

#define MIB         1048576.0
#define NSEC_PER_MS 1e6

static const char *const names[FIND_OUTCOME_COUNT] = {
	[FIND_OUTCOME_HELD] = "held",
	[FIND_OUTCOME_FPS] = "fps",
	[FIND_OUTCOME_AGE] = "age",
	[FIND_OUTCOME_OOM] = "oom",
	[FIND_OUTCOME_ENDED] = "ended",
	[FIND_OUTCOME_LOST] = "lost",
	[FIND_OUTCOME_STUCK] = "stuck",
};

void find_print_step(const struct find_step *step, void *data)
{
	(void)data;
	fprintf(stderr, "  %10.1f MiB  %6.2f fps  age %5.0f ms  uses %8.1f MiB  %s%s\n",
		(double)step->memory_bytes / MIB, step->fps, (double)step->age_ns / NSEC_PER_MS,
		(double)step->current_bytes / MIB, find_outcome_text(step->outcome),
		step->is_from_start ? ", from its start on" : "");
}

void find_print_text(const struct find_settings *settings, const struct find_report *report)
{
	uint64_t needed = report->needed_bytes + report->shared_bytes;

	fprintf(stderr,
		"%s needs %.1f MiB for %u viewers: %.1f MiB of its own and %.1f MiB of files that "
		"other programs have loaded, too.\n"
		"With that: %.2f fps or more, age on screen %.0f ms or less (99 %% of the time).\n"
		"The margin of this machine is %.1f MiB: %.1f MiB were available before it ran.\n",
		settings->argv[0], (double)needed / MIB, settings->n_viewers,
		(double)report->needed_bytes / MIB, (double)report->shared_bytes / MIB,
		report->min_fps, (double)report->max_age_ns / NSEC_PER_MS,
		((double)report->available_bytes - (double)needed) / MIB,
		(double)report->available_bytes / MIB);
}

static json_t *step_of(const struct find_step *step)
{
	return json_pack("{s:I, s:I, s:I, s:f, s:f, s:s, s:b}", "memory_bytes",
		(json_int_t)step->memory_bytes, "used_bytes", (json_int_t)step->current_bytes,
		"shared_bytes", (json_int_t)step->shared_bytes, "fps", step->fps,
		"age_on_screen_p99_ms", (double)step->age_ns / NSEC_PER_MS, "outcome",
		names[step->outcome], "from_start", step->is_from_start);
}

static json_t *curve_of(const struct find_report *report)
{
	json_t *curve = json_array();

	for (unsigned i = 0; curve && i < report->n_steps; i++) {
		json_array_append_new(curve, step_of(&report->steps[i]));
	}
	return curve;
}

static json_t *command_of(char *const *argv)
{
	json_t *command = json_array();

	for (size_t i = 0; command && argv[i]; i++) {
		json_array_append_new(command, json_string(argv[i]));
	}
	return command;
}

int find_print_json(
	const struct find_settings *settings, const struct find_report *report, const char *error)
{
	_cleanup_json_ json_t *document = json_pack("{s:o, s:s, s:i, s:f, s:f, s:I, s:o, s:o}",
		"command", command_of(settings->argv), "url", settings->url, "viewers",
		(int)settings->n_viewers, "min_fps", report->min_fps, "max_age_ms",
		(double)report->max_age_ns / NSEC_PER_MS, "available_bytes",
		(json_int_t)report->available_bytes, "baseline", step_of(&report->baseline),
		"curve", curve_of(report));

	if (!document) {
		return -ENOMEM;
	}
	json_t *result =
		error ? json_string(error)
		      : json_integer((json_int_t)(report->needed_bytes + report->shared_bytes));
	if (json_object_set_new(document, error ? "error" : "needed_bytes", result) < 0 ||
		json_object_set_new(document, "shared_bytes",
			json_integer((json_int_t)report->shared_bytes)) < 0) {
		return -ENOMEM;
	}
	return json_dumpf(document, stdout, JSON_INDENT(1)) < 0 || putchar('\n') == EOF ? -EIO : 0;
}
