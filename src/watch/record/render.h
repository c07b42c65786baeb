/* A sample as text: one JSON document a line, a line for people, Prometheus text. Pure. */
#ifndef WATCH_RECORD_RENDER_H
#define WATCH_RECORD_RENDER_H

#include "watch/record/sample.h"
#include "watch/record/text.h"

#define RENDER_SIZE 65536 /* holds the largest sample in each form */

/* All: without a newline at the end but for Prometheus; processes may be NULL. */

/* Absent figures are null. */
void render_json(struct text *text, const struct system_sample *system,
	const struct process_sample *processes);

/* Absent figures are "-". */
void render_line(struct text *text, const struct system_sample *system,
	const struct process_sample *processes);

/* Absent figures are left out. */
void render_prometheus(struct text *text, const struct system_sample *system,
	const struct process_sample *processes);

#endif
