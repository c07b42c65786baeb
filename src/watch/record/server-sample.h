/* What twinlens-watch-status prints of a server, as a sample. */
#ifndef WATCH_RECORD_SERVER_SAMPLE_H
#define WATCH_RECORD_SERVER_SAMPLE_H

#include "watch/record/sample.h"

/* No figure is present. */
void server_sample_clear(struct server_sample *sample, pid_t pid);

/* Takes over a text that the program printed; keeps pid. 0; -EINVAL for any other text. */
int server_sample_parse(const char *text, struct server_sample *ret_sample);

#endif
