#include "cli/tune/tune-print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"

#define MIB 1048576.0

/* Rows of at most 80 columns; what is longer has lines of its own, for a cut value is a wrong one.
 */
#define NAME_WIDTH 31
#define NOW_WIDTH  20
#define TO_WIDTH   23
#define ROW        "  %s %-*s %-*s %s\n"

static const char *const outcome_words[] = {
	[TUNE_OUTCOME_MADE] = "made",
	[TUNE_OUTCOME_FAILED] = "failed",
	[TUNE_OUTCOME_RESTORED] = "restored",
	[TUNE_OUTCOME_FLAWED] = "incomplete",
	[TUNE_OUTCOME_AS_BEFORE] = "as before",
	[TUNE_OUTCOME_LEFT] = "left alone",
	[TUNE_OUTCOME_ACTION] = "not undone",
	[TUNE_OUTCOME_SETTLED] = "settled",
};

static const char *const outcome_names[] = {
	[TUNE_OUTCOME_MADE] = "made",
	[TUNE_OUTCOME_FAILED] = "failed",
	[TUNE_OUTCOME_RESTORED] = "restored",
	[TUNE_OUTCOME_FLAWED] = "incomplete",
	[TUNE_OUTCOME_AS_BEFORE] = "as_before",
	[TUNE_OUTCOME_LEFT] = "left_alone",
	[TUNE_OUTCOME_ACTION] = "not_undone",
	[TUNE_OUTCOME_SETTLED] = "settled",
};

/* Sysctls, files and units tell by themselves what they are; without an object it is all of a kind.
 */
static void name_of(const char *kind, const char *object, char *name, size_t size)
{
	const char *slash = strrchr(object, '/');

	if (strcmp(kind, "boot") == 0) {
		change_text(name, size, "%s", slash ? slash + 1 : object);
	} else if (strcmp(kind, "zram") == 0) {
		change_text(name, size, "%s %s", kind, object);
	} else {
		change_text(name, size, "%s", object[0] ? object : kind);
	}
}

static void print_note(const char *what, const char *text)
{
	if (text[0]) {
		printf("      %s: %s\n", what, text);
	}
}

static void print_row(const char *mark, const char *name, const char *now, const char *to)
{
	if (strlen(name) <= NAME_WIDTH && strlen(now) <= NOW_WIDTH && strlen(to) <= TO_WIDTH) {
		printf(ROW, mark, NAME_WIDTH, name, NOW_WIDTH, now, to);
		return;
	}
	printf("  %s %s\n", mark, name);
	print_note("now", now);
	print_note("wanted", to);
}

static void print_change(const struct change *change, bool is_status)
{
	char name[CHANGE_OBJECT_MAX];
	const char *mark = change->is_in_place ? "="
			   : change->lacks[0]  ? "!"
			   : is_status         ? "~"
					       : "+";

	name_of(change_kind_name(change), change->object, name, sizeof(name));
	print_row(mark, name, change->now[0] ? change->now : "-", change->to[0] ? change->to : "-");
	if (!change->is_in_place && !is_status) {
		print_note("why", change->why);
	}
	print_note("but", change->disagrees);
	print_note("lacks", change->lacks);
}

void tune_print_changes(const struct plan *plan, bool is_status)
{
	print_row(" ", "change", "now", "wanted");
	for (size_t i = 0; i < plan->n; i++) {
		print_change(&plan->changes[i], is_status);
	}
	printf("\n  = in place   %s\n", is_status ? "~ differs   ! cannot be compared"
						  : "+ to be made   ! cannot be made here");
}

void tune_print_evidence(const struct profile *profile)
{
	bool is_told = false;

	for (size_t i = 0; i < profile->n_notes; i++) {
		const struct profile_note *note = &profile->notes[i];
		if (!note->evidence[0]) {
			continue;
		}
		printf("%s  %s: %s [%s]\n", is_told ? "" : "\nwhere the evidence differs:\n",
			note->subject, note->evidence, note->source);
		is_told = true;
	}
}

static bool is_told_before(const struct plan *plan, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (!plan->changes[j].is_in_place &&
			strcmp(plan->changes[j].lacks, plan->changes[i].lacks) == 0) {
			return true;
		}
	}
	return false;
}

void tune_print_lacks(const struct plan *plan, bool is_error)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *change = &plan->changes[i];
		if (change->is_in_place || !change->lacks[0] || is_told_before(plan, i)) {
			continue;
		}
		log_message(is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "tune: lacking: %s",
			change->lacks);
	}
}

void tune_print_step(const struct tune_step *step)
{
	char name[CHANGE_OBJECT_MAX];
	const char *text = step->text ? step->text : "";
	double gained = ((double)step->available_after - (double)step->available_before) / MIB;

	name_of(step->kind, step->object, name, sizeof(name));
	printf("  %-10s %s%s%s", outcome_words[step->outcome], name, text[0] ? ": " : "", text);
	if (gained >= 1 || gained <= -1) {
		printf(" (%+.0f MiB available)", gained);
	}
	printf("\n");
	fflush(stdout);
}

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

static json_t *change_to_json(const struct change *change)
{
	const char *state = change->is_in_place ? "in_place"
			    : change->lacks[0]  ? "lacking"
						: "open";

	return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "kind", change_kind_name(change),
		"object", change->object, "state", state, "now", text_or_null(change->now),
		"wanted", text_or_null(change->to), "why", text_or_null(change->why), "disagrees",
		text_or_null(change->disagrees), "lacks", text_or_null(change->lacks));
}

static json_t *evidence_to_json(const struct profile *profile)
{
	json_t *evidence = json_array();

	for (size_t i = 0; i < profile->n_notes; i++) {
		const struct profile_note *note = &profile->notes[i];
		if (note->evidence[0] &&
			json_array_append_new(evidence,
				json_pack("{s:s,s:s,s:s}", "subject", note->subject, "evidence",
					note->evidence, "source", note->source)) < 0) {
			json_decref(evidence);
			return NULL;
		}
	}
	return evidence;
}

json_t *tune_changes_to_json(const struct plan *plan)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < plan->n; i++) {
		if (json_array_append_new(changes, change_to_json(&plan->changes[i])) < 0) {
			json_decref(changes);
			return NULL;
		}
	}
	return changes;
}

json_t *tune_plan_to_json(const struct profile *profile, const struct plan *plan)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:I,s:I}", "profile", profile->name, "description",
		profile->description, "changes", tune_changes_to_json(plan), "evidence",
		evidence_to_json(profile), "open", (json_int_t)plan_count_open(plan), "lacking",
		(json_int_t)plan_count_lacking(plan));
}

json_t *tune_step_to_json(const struct tune_step *step)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:I,s:I,s:f,s:f}", "kind", step->kind, "object",
		step->object, "outcome", outcome_names[step->outcome], "text",
		text_or_null(step->text), "available_before_bytes",
		(json_int_t)step->available_before, "available_after_bytes",
		(json_int_t)step->available_after, "seconds", clock_to_seconds(step->took_ns),
		"waited_seconds", clock_to_seconds(step->waited_ns));
}

int tune_print_json(json_t *root)
{
	int r = root ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;

	printf("\n");
	json_decref(root);
	return r;
}
