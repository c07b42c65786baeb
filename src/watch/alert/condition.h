/*
 * "FIGURE OP NUMBER [and FIGURE OP NUMBER]...", as alert rules have it: which values are true. OP
 * is one of < <= > >=. A NUMBER may have K, M or G behind it where the figure is in bytes, and %
 * where it is in percent; of the state of a camera it is a word, in the order idle, starting,
 * streaming, lost, error. A term whose figure is absent is not true.
 */
#ifndef WATCH_ALERT_CONDITION_H
#define WATCH_ALERT_CONDITION_H

#include "util/error.h"
#include "watch/record/figure.h"
#include "watch/record/sample.h"

#define CONDITION_TERMS_MAX 4

enum condition_op {
	CONDITION_OP_LESS,
	CONDITION_OP_AT_MOST,
	CONDITION_OP_MORE,
	CONDITION_OP_AT_LEAST,
};

/* "<", "<=", ">", ">=". */
const char *condition_op_text(enum condition_op op);

struct condition_term {
	char name[FIGURE_NAME_MAX];
	struct figure figure;
	enum condition_op op;
	double limit;
};

struct condition {
	struct condition_term terms[CONDITION_TERMS_MAX];
	size_t n;
};

/* 0, or -EINVAL with err saying what is allowed. */
int condition_parse(const char *text, struct condition *ret_condition, struct error *err);

/* Whether all terms are true. Either sample may be NULL. */
bool condition_is_true(const struct condition *condition, const struct system_sample *system,
	const struct process_sample *processes);

/*
 * Whether a rule that was true is over: one of its terms is not true any more with its limit moved
 * by 5 percent points, or by 5 % of the limit for what is not a percentage; for a state, not moved.
 */
bool condition_is_over(const struct condition *condition, const struct system_sample *system,
	const struct process_sample *processes);

#endif
