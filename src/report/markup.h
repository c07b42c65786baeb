/* Text in HTML, XML and JSON: escaped, printable, bounded. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <jansson.h>
#include <stdio.h>

#define MARKUP_TEXT_MAX 4096 /* bytes of a text that are written; the rest becomes "..." */

/*
 * Writes text for an element or for an attribute in quotes, in HTML and XML alike: & < > " and ' as
 * references; control characters and what is not UTF-8 as U+FFFD.
 */
void markup_write(FILE *out, const char *text);

/* The same without references, for JSON. A new reference; NULL when out of memory. */
json_t *markup_to_json(const char *text);

/*
 * Writes JSON for an element <script type="application/json">: with < > & as \u escapes, so that
 * nothing in it ends the element. 0 or -ENOMEM.
 */
int markup_write_json(FILE *out, const json_t *value);

#endif
