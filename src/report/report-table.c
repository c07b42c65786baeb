#include "report/report.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "report/spell.h"

#define TABLE_COLUMNS 80
#define TABLE_INDENT  6

/* A word at a time; what is not printable is left out. English: a character is a column. */
static void write_wrapped(const char *text, FILE *out)
{
	size_t column = TABLE_INDENT;

	fprintf(out, "%*s", TABLE_INDENT, "");
	while (*text) {
		size_t length = strcspn(text, " ");
		if (column > TABLE_INDENT && column + 1 + length > TABLE_COLUMNS) {
			fprintf(out, "\n%*s", TABLE_INDENT, "");
			column = TABLE_INDENT;
		} else if (column > TABLE_INDENT) {
			fputc(' ', out);
			column++;
		}
		for (size_t i = 0; i < length; i++) {
			fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i],
				out);
		}
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void write_details(const struct report_criterion *criterion, FILE *out)
{
	char needed[SPELL_TEXT_MAX];

	if (criterion->evidence.en[0]) {
		write_wrapped(criterion->evidence.en, out);
	}
	if (criterion->state == REPORT_STATE_UNDECIDED && isfinite(criterion->needed_s)) {
		fprintf(out, "%*smeasure for about %s more\n", TABLE_INDENT, "",
			spell_duration(criterion->needed_s, needed));
	}
	if (criterion->state == REPORT_STATE_FAIL) {
		write_wrapped(criterion->fix.en, out);
	}
	if (criterion->state == REPORT_STATE_NOT_RUN && criterion->command[0]) {
		fprintf(out, "%*s%s\n", TABLE_INDENT, "", criterion->command);
	}
}

static void write_criterion(const struct report_criterion *criterion, FILE *out)
{
	char value[SPELL_TEXT_MAX], bar[SPELL_TEXT_MAX];

	fprintf(out, "%-4.4s  %-14s  %-32.32s  ", criterion->id,
		report_state_name(criterion->state), criterion->name.en);
	if (isnan(criterion->value)) {
		fputs("-\n", out);
	} else {
		fprintf(out, "%s (%s %s)\n", spell_value(criterion->value, criterion->unit, value),
			criterion->sense == REPORT_SENSE_AT_LEAST ? ">=" : "<=",
			spell_number(criterion->bar, bar));
	}
	if (criterion->state != REPORT_STATE_PASS) {
		write_details(criterion, out);
	}
}

static void write_simulation(const struct report_simulation *simulation, FILE *out)
{
	fputs("\nsimulation\n", out);
	write_wrapped(simulation->summary.en, out);
	fputs("not reproduced\n", out);
	for (size_t i = 0; i < simulation->n_missing; i++) {
		write_wrapped(simulation->missing[i].en, out);
	}
}

static void write_counts(const struct report *report, FILE *out)
{
	const char *comma = "";

	for (int state = 0; state < REPORT_STATE_COUNT; state++) {
		size_t n = 0;
		for (size_t i = 0; i < report->n_criteria; i++) {
			n += report->criteria[i].state == (enum report_state)state;
		}
		if (n > 0) {
			fprintf(out, "%s%zu %s", comma, n,
				report_state_name((enum report_state)state));
			comma = ", ";
		}
	}
	fputc('\n', out);
}

int report_write_table(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->n_criteria; i++) {
		write_criterion(&report->criteria[i], out);
	}
	if (report->simulation) {
		write_simulation(report->simulation, out);
	}
	fprintf(out, "\n%s: %s%s\n", report->stage, report_state_name(report_verdict(report)),
		report->is_complete ? "" : " (incomplete: it was interrupted)");
	write_counts(report, out);
	return ferror(out) ? -EIO : 0;
}
