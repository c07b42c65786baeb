/*
 * What accept found, as plain data, and its renderers: a table for a terminal, JSON, JUnit XML, and
 * one HTML file in English and Simplified Chinese. Rendering knows nothing of where figures come
 * from; whoever fills a report owns all that it points to, and keeps it until it is written.
 *
 * Pure, but for what is written to the FILE. Any thread. Texts may hold anything: what is not
 * printable UTF-8 is replaced, and what is longer than MARKUP_TEXT_MAX is cut.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define REPORT_NOTE_MAX 512

enum report_language {
	REPORT_LANGUAGE_EN,
	REPORT_LANGUAGE_ZH,
};

/* A text that does not change: both languages, never NULL. */
struct report_text {
	const char *en, *zh;
};

/* One that is made while measuring; "" for none. */
struct report_note {
	char en[REPORT_NOTE_MAX], zh[REPORT_NOTE_MAX];
};

/* Both formats take the same arguments in the same order. Longer notes are cut. */
void report_note_set(struct report_note *note, const char *en, const char *zh, ...)
	__attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* Adds to what is there. */
void report_note_add(struct report_note *note, const char *en, const char *zh, ...)
	__attribute__((format(printf, 2, 4), format(printf, 3, 4)));

enum report_state {
	REPORT_STATE_PASS,
	REPORT_STATE_FAIL,
	REPORT_STATE_UNDECIDED, /* measured, and the interval holds the bar */
	REPORT_STATE_NOT_APPLICABLE,
	REPORT_STATE_NOT_RUN,
	REPORT_STATE_ERROR, /* the measurement failed: says nothing of the criterion */
	REPORT_STATE_COUNT
};

enum report_sense {
	REPORT_SENSE_AT_MOST,
	REPORT_SENSE_AT_LEAST,
};

struct report_criterion {
	const char *id;   /* stable: "F1" */
	const char *unit; /* "fps", "%", "MiB"; "" for a plain number */
	struct report_text name, method, fix;
	enum report_sense sense;
	enum report_state state;
	double bar, value, low,
		high;    /* low and high: 95 % interval; NAN for what there is none of */
	double baseline; /* the value of the baseline; NAN when there is none */
	double needed_s; /* undecided: how much longer to measure; NAN: not known */
	uint64_t n;      /* how many values are in it */
	struct report_note evidence; /* what was found, or why it was not measured */
	const char *command;         /* that measures what was not run; "" */
};

enum report_box {
	REPORT_BOX_FOUND,     /* ticked */
	REPORT_BOX_NOT_FOUND, /* open */
	REPORT_BOX_SIGNATURE, /* no machine can tell: stays for a signature */
};

/* A box of the guide's checklist. */
struct report_item {
	const char *id; /* stable: "C01" */
	struct report_text name;
	enum report_box box;
	struct report_note evidence;
};

enum report_chart {
	REPORT_CHART_MEMORY,   /* MiB */
	REPORT_CHART_PRESSURE, /* % of the time */
	REPORT_CHART_CPU,      /* % */
	REPORT_CHART_FPS,      /* fps */
	REPORT_CHART_AGE,      /* ms */
	REPORT_CHART_COUNT
};

struct report_series {
	const char *name; /* of the figure: "memory.available_bytes" */
	struct report_text label;
	enum report_chart chart;
	const double *times_s; /* since the beginning of the run; ascending */
	const double *values;  /* in the unit of the chart; NAN: not known at that time */
	size_t n;
};

/* "kernel": "Linux 6.1.0" */
struct report_fact {
	const char *key; /* in JSON */
	struct report_text label;
	const char *value;
};

struct report_digest {
	const char *path;
	const char *sha256; /* hexadecimal */
};

/* How less memory than the machine has was simulated. */
struct report_simulation {
	struct report_note summary;
	const struct report_text *reproduced, *missing; /* of a board with so much memory */
	size_t n_reproduced, n_missing;
};

struct report {
	const char *version;  /* of twinlens */
	const char *stage;    /* "baseline", "simulated", "hardware" */
	const char *baseline; /* the file that it was compared with; NULL for none */
	time_t began, ended;
	bool is_complete; /* false: it was interrupted */
	const struct report_fact *facts;
	size_t n_facts;
	const struct report_simulation *simulation; /* NULL: nothing was simulated */
	const struct report_criterion *criteria;
	size_t n_criteria;
	const struct report_item *items;
	size_t n_items;
	const struct report_series *series;
	size_t n_series;
	const char *const *commands; /* that repeat it */
	size_t n_commands;
	const struct report_digest *digests;
	size_t n_digests;
};

/* "pass", "not run": as in JSON and XML. */
const char *report_state_name(enum report_state state);
struct report_text report_state_text(enum report_state state);

/* "found", "not found", "signature". */
const char *report_box_name(enum report_box box);

/*
 * FAIL when a criterion failed; PASS when all that apply passed and the report is complete; else
 * UNDECIDED.
 */
enum report_state report_verdict(const struct report *report);

/* For people: at most 80 columns, no colours. 0 or -EIO. */
int report_write_table(const struct report *report, FILE *out);

/* accept.json. A new reference; NULL when out of memory. */
json_t *report_to_json(const struct report *report);

/* JUnit XML: a test case for each criterion. 0 or -EIO. */
int report_write_xml(const struct report *report, FILE *out);

/* What draws the charts: dygraphs' script and style sheet. */
struct report_dygraphs {
	const char *script, *style; /* both NULL: not installed; each chart then says so */
};

/* One file that needs nothing else, shown in this language first. 0, -EIO, or -ENOMEM. */
int report_write_html(const struct report *report, const struct report_dygraphs *dygraphs,
	enum report_language language, FILE *out);

#endif
