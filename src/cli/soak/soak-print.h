/* The verdict of twinlens soak, for people and for programs. */
#ifndef CLI_SOAK_SOAK_PRINT_H
#define CLI_SOAK_SOAK_PRINT_H

#include <jansson.h>
#include <stdint.h>

#include "prove/series-file.h"
#include "stats/leak.h"

/* What was judged, and what came out. */
struct soak_judged {
	const struct series_file *series;
	const struct leak_result *results; /* of each series */
	const struct leak_limits *limits;  /* of each series */
	uint64_t available_bytes;          /* a leak lasts until these are gone */
};

/* The series that decides: the worst verdict, and of those the one that grows fastest. */
size_t soak_find_worst(const struct soak_judged *verdict);

/* A table, and a sentence on what to do. */
void soak_print_text(const struct soak_judged *verdict);

/* 0, -ENOMEM or -EIO. */
int soak_print_json(const struct soak_judged *verdict);

#endif
