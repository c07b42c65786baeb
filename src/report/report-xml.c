/*
 * JUnit XML as Jenkins, GitLab and GitHub read it (the common schema, junit-10.xsd of Jenkins'
 * xunit plug-in). A criterion that is undecided, and an error of the measurement, are errors: a
 * build that shows them green would be wrong. What was not run is skipped.
 */
#include "report/report.h"

#include <errno.h>

#include "report/markup.h"
#include "report/spell.h"

static size_t count(const struct report *report, enum report_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n_criteria; i++) {
		n += report->criteria[i].state == state;
	}
	return n;
}

static void write_totals(const struct report *report, FILE *out)
{
	size_t n_errors = count(report, REPORT_STATE_ERROR) + count(report, REPORT_STATE_UNDECIDED);
	size_t n_skipped =
		count(report, REPORT_STATE_NOT_RUN) + count(report, REPORT_STATE_NOT_APPLICABLE);

	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.0f\"",
		report->n_criteria, count(report, REPORT_STATE_FAIL), n_errors, n_skipped,
		difftime(report->ended, report->began));
}

static void write_stamp(time_t time, FILE *out)
{
	struct tm parts;
	char text[32];

	if (gmtime_r(&time, &parts) &&
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts) > 0) {
		fprintf(out, " timestamp=\"%s\"", text);
	}
}

static void write_property(const char *name, const char *value, FILE *out)
{
	fputs("      <property name=\"", out);
	markup_write(out, name);
	fputs("\" value=\"", out);
	markup_write(out, value);
	fputs("\"/>\n", out);
}

static void write_properties(const struct report *report, FILE *out)
{
	fputs("    <properties>\n", out);
	write_property("version", report->version, out);
	write_property("stage", report->stage, out);
	write_property("complete", report->is_complete ? "true" : "false", out);
	for (size_t i = 0; i < report->n_facts; i++) {
		write_property(report->facts[i].key, report->facts[i].value, out);
	}
	fputs("    </properties>\n", out);
}

static const char *element_of(enum report_state state)
{
	switch (state) {
	case REPORT_STATE_FAIL:
		return "failure";
	case REPORT_STATE_UNDECIDED:
	case REPORT_STATE_ERROR:
		return "error";
	case REPORT_STATE_NOT_RUN:
	case REPORT_STATE_NOT_APPLICABLE:
		return "skipped";
	case REPORT_STATE_PASS:
	case REPORT_STATE_COUNT:
		break;
	}
	return NULL;
}

static void write_outcome(const struct report_criterion *criterion, FILE *out)
{
	const char *element = element_of(criterion->state);
	char value[SPELL_TEXT_MAX], bar[SPELL_TEXT_MAX];

	if (!element) {
		return;
	}
	fprintf(out, "      <%s message=\"%s", element, report_state_name(criterion->state));
	fprintf(out, ": %s, bar %s %s", spell_value(criterion->value, "", value),
		criterion->sense == REPORT_SENSE_AT_LEAST ? "at least" : "at most",
		spell_value(criterion->bar, "", bar));
	if (criterion->unit[0]) {
		fputc(' ', out);
		markup_write(out, criterion->unit);
	}
	fputs("\">", out);
	markup_write(out, criterion->evidence.en);
	if (criterion->state == REPORT_STATE_FAIL) {
		fputs("; ", out);
		markup_write(out, criterion->fix.en);
	}
	fprintf(out, "</%s>\n", element);
}

static void write_case(const struct report_criterion *criterion, FILE *out)
{
	fputs("    <testcase classname=\"twinlens.accept\" name=\"", out);
	markup_write(out, criterion->id);
	fputc(' ', out);
	markup_write(out, criterion->name.en);
	fputs("\">\n", out);
	write_outcome(criterion, out);
	if (criterion->state == REPORT_STATE_PASS) {
		fputs("      <system-out>", out);
		markup_write(out, criterion->evidence.en);
		fputs("</system-out>\n", out);
	}
	fputs("    </testcase>\n", out);
}

int report_write_xml(const struct report *report, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite "
	      "name=\"twinlens "
	      "accept\"",
		out);
	write_totals(report, out);
	write_stamp(report->began, out);
	fputs(">\n", out);
	write_properties(report, out);
	for (size_t i = 0; i < report->n_criteria; i++) {
		write_case(&report->criteria[i], out);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}
