/* What the parts of the HTML report share. */
#ifndef REPORT_HTML_IMPL_H
#define REPORT_HTML_IMPL_H

#include <stdio.h>

#include "report/report.h"

struct html {
	const struct report *report;
	const struct report_dygraphs *dygraphs;
	enum report_language language; /* that is shown first */
	FILE *out;
};

/* Both languages of a text, of which the page shows one; of a note likewise. */
void html_write_text(struct html *html, struct report_text text);
void html_write_note(struct html *html, const struct report_note *note);

/* The name of a state as a class: "not run" is not-run. */
void html_write_class(struct html *html, const char *name);

/* A table cell with a number and its unit. */
void html_write_number(struct html *html, double value, const char *unit);

/* What fills a place of the page. 0 or -ENOMEM. */
int html_write_criteria(struct html *html);
int html_write_for(struct html *html);
int html_write_against(struct html *html);
int html_write_open(struct html *html);
int html_write_charts(struct html *html);
int html_write_scripts(struct html *html);

#endif
