/* `twinlens soak URL` and `soak --report`: a run, its progress, its verdict. */
#ifndef CLI_SOAK_SOAK_RUN_H
#define CLI_SOAK_SOAK_RUN_H

#include <stdbool.h>

#include "soak/state.h"

#define SOAK_FOLDER_DEFAULT "twinlens-soak"

struct soak_options {
	const char *folder; /* NULL: SOAK_FOLDER_DEFAULT in the current folder */
	struct soak_plan plan;
	bool is_json;
};

/* Fails the way that was asked for: in one line, or as the one document on stdout. Returns status.
 */
int soak_fail(bool is_json, int status, const char *text);

/* Each returns an enum exit_status; when it is not 0, stderr or the document has said why. */
int soak_run_verb(const struct soak_options *options);
int soak_report_verb(const struct soak_options *options);

#endif
