/* For tests: a report with every state, some series, and texts that try to break out of markup. */
#ifndef REPORT_FIXTURE_REPORT_H
#define REPORT_FIXTURE_REPORT_H

#include "report/report.h"

#define FIXTURE_HOSTILE "</script><script>alert(1)</script><!--\"'&]]>\x01\xff\xc0\x80"

struct fixture_report {
	struct report report;
	double *times, *values; /* of all series */
};

/* n points in each series, interval_s apart; hostile puts FIXTURE_HOSTILE into every text. */
void fixture_report_init(struct fixture_report *fixture, size_t n, double interval_s, bool hostile);
void fixture_report_done(struct fixture_report *fixture);

#endif
