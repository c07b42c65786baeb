/* The files of a report, in a folder of their own. */
#ifndef ACCEPT_OUTPUT_H
#define ACCEPT_OUTPUT_H

#include <jansson.h>

#include "report/report.h"
#include "util/error.h"

/*
 * Writes accept.json (document), accept.xml and accept.html, each whole or not at all. 0 or a
 * negative errno with err.
 */
int output_write(const char *folder, const struct report *report, const json_t *document,
	enum report_language language, struct error *err);

#endif
