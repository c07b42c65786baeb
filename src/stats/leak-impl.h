/* The judging of one series, for leak.c. */
#ifndef STATS_LEAK_IMPL_H
#define STATS_LEAK_IMPL_H

#include "stats/bootstrap.h"
#include "stats/horizon.h"
#include "stats/leak.h"

/* How a third of the time compares with the whole. */
enum leak_agreement {
	LEAK_AGREEMENT_YES,
	LEAK_AGREEMENT_UNCLEAR,
	LEAK_AGREEMENT_NO,
};

/* What is kept of a series until all are judged. */
struct leak_candidate {
	const struct leak_series *series;
	struct leak_result *result;
	struct bootstrap_tails tails;
	double *memory;             /* of the tails */
	double values[WINDOWS_MAX]; /* the minima, the steps taken out */
	struct noise noise;
	enum leak_agreement agreement; /* the worst of the thirds */
};

/*
 * Fills the windows and, with enough of them, all but the interval and the verdict of the result.
 * tail is the probability beyond each end of the interval, least_tail the smallest share of it that
 * will be asked for. 0, -ENOMEM, or -EINVAL of windows_init().
 */
int leak_candidate_init(struct leak_candidate *ret_candidate, const struct leak_series *series,
	struct leak_result *result, uint64_t seed, size_t n_series);
void leak_candidate_done(struct leak_candidate *candidate);

/* Fills the interval of the result with this probability beyond each end. */
void leak_candidate_set_tail(struct leak_candidate *candidate, double tail);

/* By the interval of the result. */
bool leak_candidate_is_leak(const struct leak_candidate *candidate);
bool leak_candidate_is_stepped(const struct leak_candidate *candidate);
bool leak_candidate_is_level(const struct leak_candidate *candidate);

/* How much longer a decision takes. */
double leak_candidate_needed_s(const struct leak_candidate *candidate);

#endif
