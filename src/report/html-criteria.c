/* The criteria in the HTML report: the table of them, and what they mean for the decision. */
#include "report/html-impl.h"

#include <math.h>

#include "report/markup.h"
#include "report/spell.h"

static void write_interval(struct html *html, const struct report_criterion *criterion)
{
	char low[SPELL_TEXT_MAX], high[SPELL_TEXT_MAX];

	fputs("<td class=\"number\">", html->out);
	if (isfinite(criterion->low) && isfinite(criterion->high)) {
		fprintf(html->out, "%s – %s", spell_number(criterion->low, low),
			spell_number(criterion->high, high));
	} else {
		fputs("-", html->out);
	}
	fputs("</td>", html->out);
}

static void write_figures(struct html *html, const struct report_criterion *criterion)
{
	char bar[SPELL_TEXT_MAX];

	html_write_number(html, criterion->value, criterion->unit);
	fprintf(html->out, "<td class=\"number\">%s ",
		criterion->sense == REPORT_SENSE_AT_LEAST ? "≥" : "≤");
	markup_write(html->out, spell_value(criterion->bar, criterion->unit, bar));
	fputs("</td>", html->out);
	write_interval(html, criterion);
	if (criterion->n > 0) {
		fprintf(html->out, "<td class=\"number\">%llu</td>",
			(unsigned long long)criterion->n);
	} else {
		fputs("<td>-</td>", html->out);
	}
	html_write_number(html, criterion->baseline, criterion->unit);
}

static void write_line(struct html *html, struct report_text label, struct report_text text)
{
	if (!text.en[0]) {
		return;
	}
	fputs("<p>", html->out);
	html_write_text(html, label);
	html_write_text(html, text);
	fputs("</p>", html->out);
}

static void write_details(struct html *html, const struct report_criterion *criterion)
{
	const struct report_note *evidence = &criterion->evidence;
	char needed[SPELL_TEXT_MAX];

	fputs("<tr class=\"details\"><td></td><td colspan=\"7\">", html->out);
	write_line(html, (struct report_text){"Found: ", "依据："},
		(struct report_text){evidence->en, evidence->zh});
	write_line(html, (struct report_text){"Method: ", "方法："}, criterion->method);
	if (criterion->state == REPORT_STATE_UNDECIDED && isfinite(criterion->needed_s)) {
		spell_duration(criterion->needed_s, needed);
		write_line(html, (struct report_text){"Still to measure: ", "还需测量："},
			(struct report_text){needed, needed});
	}
	if (criterion->state == REPORT_STATE_FAIL) {
		write_line(html, (struct report_text){"To fix it: ", "改进办法："}, criterion->fix);
	}
	if (criterion->state == REPORT_STATE_NOT_RUN && criterion->command[0]) {
		write_line(html, (struct report_text){"To measure it: ", "测试命令："},
			(struct report_text){criterion->command, criterion->command});
	}
	fputs("</td></tr>", html->out);
}

int html_write_criteria(struct html *html)
{
	for (size_t i = 0; i < html->report->n_criteria; i++) {
		const struct report_criterion *criterion = &html->report->criteria[i];
		fputs("<tbody data-id=\"", html->out);
		markup_write(html->out, criterion->id);
		fputs("\"><tr><th>", html->out);
		markup_write(html->out, criterion->id);
		fputs("</th><td>", html->out);
		html_write_text(html, criterion->name);
		fputs("</td><td class=\"state ", html->out);
		html_write_class(html, report_state_name(criterion->state));
		fputs("\">", html->out);
		html_write_text(html, report_state_text(criterion->state));
		fputs("</td>", html->out);
		write_figures(html, criterion);
		fputs("</tr>", html->out);
		write_details(html, criterion);
		fputs("</tbody>\n", html->out);
	}
	return 0;
}

enum side {
	SIDE_FOR,
	SIDE_AGAINST,
	SIDE_OPEN,
	SIDE_NONE,
};

static enum side side_of(enum report_state state)
{
	switch (state) {
	case REPORT_STATE_PASS:
		return SIDE_FOR;
	case REPORT_STATE_FAIL:
		return SIDE_AGAINST;
	case REPORT_STATE_NOT_APPLICABLE:
	case REPORT_STATE_COUNT:
		return SIDE_NONE;
	case REPORT_STATE_UNDECIDED:
	case REPORT_STATE_NOT_RUN:
	case REPORT_STATE_ERROR:
		break;
	}
	return SIDE_OPEN;
}

static void write_reason(struct html *html, const struct report_criterion *criterion)
{
	char value[SPELL_TEXT_MAX], bar[SPELL_TEXT_MAX];

	fputs("<li>", html->out);
	markup_write(html->out, criterion->id);
	fputs(" ", html->out);
	html_write_text(html, criterion->name);
	if (isfinite(criterion->value)) {
		fprintf(html->out, " (%s", spell_number(criterion->value, value));
		fprintf(html->out, "; %s ", criterion->sense == REPORT_SENSE_AT_LEAST ? "≥" : "≤");
		markup_write(html->out, spell_value(criterion->bar, criterion->unit, bar));
		fputs(")", html->out);
	} else {
		fputs(": ", html->out);
		html_write_text(html, report_state_text(criterion->state));
	}
	fputs("</li>\n", html->out);
}

static void write_side(struct html *html, enum side side)
{
	size_t n = 0;

	for (size_t i = 0; i < html->report->n_criteria; i++) {
		if (side_of(html->report->criteria[i].state) != side) {
			continue;
		}
		fputs(n++ == 0 ? "<ul>\n" : "", html->out);
		write_reason(html, &html->report->criteria[i]);
	}
	if (n > 0) {
		fputs("</ul>", html->out);
		return;
	}
	fputs("<p>", html->out);
	html_write_text(html, (struct report_text){"None.", "无。"});
	fputs("</p>", html->out);
}

int html_write_for(struct html *html)
{
	write_side(html, SIDE_FOR);
	return 0;
}

int html_write_against(struct html *html)
{
	write_side(html, SIDE_AGAINST);
	return 0;
}

int html_write_open(struct html *html)
{
	write_side(html, SIDE_OPEN);
	return 0;
}
