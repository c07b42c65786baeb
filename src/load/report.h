/* The report, for people and for programs. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "load/result.h"

/* To stdout. 0 or a negative errno. */
int load_report_text(const struct load_result *result);
int load_report_json(const struct load_result *result);

#endif
