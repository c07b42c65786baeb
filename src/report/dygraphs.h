/* What draws the charts: the script and style sheet of dygraphs (Debian's libjs-dygraphs). */
#ifndef REPORT_DYGRAPHS_H
#define REPORT_DYGRAPHS_H

#include "report/report.h"
#include "util/sysroot.h"

#define DYGRAPHS_FOLDER "/usr/share/javascript/dygraphs"

/*
 * Reads both. 0; -ENOENT when it is not installed; -EBADMSG for text that cannot stand in a page;
 * -E2BIG, -ENOMEM, another negative errno. On errors ret_dygraphs has neither.
 */
int dygraphs_load(const struct sysroot *root, struct report_dygraphs *ret_dygraphs);

/* Without texts is allowed. */
void dygraphs_done(struct report_dygraphs *dygraphs);

#define _cleanup_dygraphs_ __attribute__((cleanup(dygraphs_done)))

#endif
