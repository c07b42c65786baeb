#include "report/report.h"

#include <math.h>

#include "report/markup.h"
#include "util/json.h"

/* JSON has no NaN. */
static json_t *number_to_json(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *time_to_json(time_t time)
{
	struct tm parts;
	char text[32];

	if (!gmtime_r(&time, &parts) ||
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
		return json_null();
	}
	return json_string(text);
}

static json_t *criterion_to_json(const struct report_criterion *criterion)
{
	bool is_at_least = criterion->sense == REPORT_SENSE_AT_LEAST;

	return json_pack("{s:s,s:s,s:s,s:o,s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:I,s:s,s:o,s:s,s:s}", "id",
		criterion->id, "name", criterion->name.en, "state",
		report_state_name(criterion->state), "value", number_to_json(criterion->value),
		"unit", criterion->unit, "bar", number_to_json(criterion->bar), "sense",
		is_at_least ? "at least" : "at most", "low", number_to_json(criterion->low), "high",
		number_to_json(criterion->high), "baseline", number_to_json(criterion->baseline),
		"needed_s", number_to_json(criterion->needed_s), "n", (json_int_t)criterion->n,
		"method", criterion->method.en, "evidence", markup_to_json(criterion->evidence.en),
		"command", criterion->command, "fix", criterion->fix.en);
}

static json_t *item_to_json(const struct report_item *item)
{
	return json_pack("{s:s,s:s,s:s,s:o}", "id", item->id, "name", item->name.en, "state",
		report_box_name(item->box), "evidence", markup_to_json(item->evidence.en));
}

static json_t *digest_to_json(const struct report_digest *digest)
{
	return json_pack(
		"{s:o,s:s}", "path", markup_to_json(digest->path), "sha256", digest->sha256);
}

/* Takes the reference. */
static bool append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) == 0;
}

static bool fill_arrays(const struct report *report, json_t *criteria, json_t *items,
	json_t *commands, json_t *digests)
{
	bool is_whole = true;

	for (size_t i = 0; i < report->n_criteria; i++) {
		is_whole &= append(criteria, criterion_to_json(&report->criteria[i]));
	}
	for (size_t i = 0; i < report->n_items; i++) {
		is_whole &= append(items, item_to_json(&report->items[i]));
	}
	for (size_t i = 0; i < report->n_commands; i++) {
		is_whole &= append(commands, markup_to_json(report->commands[i]));
	}
	for (size_t i = 0; i < report->n_digests; i++) {
		is_whole &= append(digests, digest_to_json(&report->digests[i]));
	}
	return is_whole;
}

static bool fill_machine(const struct report *report, json_t *machine)
{
	bool is_whole = true;

	for (size_t i = 0; i < report->n_facts; i++) {
		const struct report_fact *fact = &report->facts[i];
		is_whole &=
			json_object_set_new(machine, fact->key, markup_to_json(fact->value)) == 0;
	}
	return is_whole;
}

static json_t *texts_to_json(const struct report_text *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++) {
		if (!append(array, json_string(texts[i].en))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *simulation_to_json(const struct report_simulation *simulation)
{
	if (!simulation) {
		return json_null();
	}
	return json_pack("{s:o,s:o,s:o}", "summary", markup_to_json(simulation->summary.en),
		"reproduced", texts_to_json(simulation->reproduced, simulation->n_reproduced),
		"not_reproduced", texts_to_json(simulation->missing, simulation->n_missing));
}

json_t *report_to_json(const struct report *report)
{
	_cleanup_json_ json_t *machine = json_object();
	_cleanup_json_ json_t *criteria = json_array(), *items = json_array();
	_cleanup_json_ json_t *commands = json_array(), *digests = json_array();

	if (!machine || !criteria || !items || !commands || !digests ||
		!fill_machine(report, machine) ||
		!fill_arrays(report, criteria, items, commands, digests)) {
		return NULL;
	}
	return json_pack("{s:s,s:s,s:b,s:s,s:o,s:o,s:o,s:O,s:o,s:O,s:O,s:O,s:O}", "verdict",
		report_state_name(report_verdict(report)), "stage", report->stage, "complete",
		(int)report->is_complete, "version", report->version, "began",
		time_to_json(report->began), "ended", time_to_json(report->ended), "baseline",
		report->baseline ? markup_to_json(report->baseline) : json_null(), "machine",
		machine, "simulation", simulation_to_json(report->simulation), "criteria", criteria,
		"checklist", items, "commands", commands, "digests", digests);
}
