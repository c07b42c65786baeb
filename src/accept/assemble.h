/* Joins what was measured and found to a report. */
#ifndef ACCEPT_ASSEMBLE_H
#define ACCEPT_ASSEMBLE_H

#include "accept/baseline.h"
#include "accept/digest.h"
#include "accept/machine.h"
#include "accept/measure.h"
#include "prove/checklist.h"
#include "prove/criteria.h"

#define ASSEMBLE_FILES_MAX  3
#define ASSEMBLE_SERIES_MAX (16 + 2 * PROVE_CAMERAS_MAX)

/* report refers to the rest, so that the struct is not copied. Large. */
struct assembled {
	struct report report;
	struct report_criterion criteria[CRITERIA_COUNT];
	struct report_item items[CHECKLIST_COUNT];
	struct report_series series[ASSEMBLE_SERIES_MAX];
	struct machine_facts machine;
	struct report_digest digests[ASSEMBLE_FILES_MAX];
	char digest_texts[ASSEMBLE_FILES_MAX][DIGEST_TEXT_SIZE];
	double *columns; /* of all series, the times first */
};

struct assemble_input {
	const struct measurement *measurement;
	const struct baseline *baseline; /* NULL: none */
	const char *baseline_path;
	const struct checklist_facts *facts;
	const struct report_simulation *simulation; /* NULL: none */
	const char *const *files; /* whose digests are in the report, NULL at the end */
	const char *const *commands;
	size_t n_commands;
	time_t began, ended;
};

/*
 * All that input refers to must outlive the result. 0 or -ENOMEM. A file that cannot be read has
 * no digest.
 */
int assemble(const struct assemble_input *input, struct assembled *ret_assembled);
void assembled_done(struct assembled *assembled);

#endif
