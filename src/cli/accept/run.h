/* The run of twinlens accept. */
#ifndef CLI_ACCEPT_RUN_H
#define CLI_ACCEPT_RUN_H

#include "cli/accept/options.h"

/* Returns an enum exit_status; when it is not 0, stderr or the report has said why. */
int accept_run(const struct accept_options *options);

#endif
