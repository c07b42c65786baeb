#include "watch/alert/condition.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 5.0

const char *condition_op_text(enum condition_op op)
{
	static const char *const texts[] = {
		[CONDITION_OP_LESS] = "<",
		[CONDITION_OP_AT_MOST] = "<=",
		[CONDITION_OP_MORE] = ">",
		[CONDITION_OP_AT_LEAST] = ">=",
	};

	return texts[op];
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);

	return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

/* "-0.5": by hand, as strtod(3) reads the locale's separator, "inf" and hexadecimal, too. */
static int parse_decimal(const char **text, double *ret_value)
{
	const char *c = *text;
	bool is_negative = *c == '-';
	double value = 0.0, scale = 1.0;
	int digits = 0;

	c += is_negative;
	for (; *c >= '0' && *c <= '9'; c++, digits++) {
		value = value * 10.0 + (*c - '0');
	}
	if (*c == '.') {
		for (c++; *c >= '0' && *c <= '9'; c++, digits++) {
			scale /= 10.0;
			value += scale * (*c - '0');
		}
	}
	if (digits == 0 || digits > 18) {
		return -EINVAL;
	}
	*text = c;
	*ret_value = is_negative ? -value : value;
	return 0;
}

/* A word for the state of a camera. */
static int parse_state(const char **text, const char *name, double *ret_limit, struct error *err)
{
	char word[16];
	size_t length = strcspn(*text, " \t");

	snprintf(word, sizeof(word), "%.*s", (int)length, *text);
	if (length >= sizeof(word) || figure_state_find(word, ret_limit) < 0) {
		return error_set(err, -EINVAL,
			"%s: one of idle, starting, streaming, lost, error must follow", name);
	}
	*text += length;
	return 0;
}

static int parse_limit(const char **text, const char *name, double *ret_limit, struct error *err)
{
	double limit;

	if (figure_is_state(name)) {
		return parse_state(text, name, ret_limit, err);
	}
	if (parse_decimal(text, &limit) < 0) {
		return error_set(err, -EINVAL, "%s: a number must follow, such as 85", name);
	}
	if (**text == '%' && ends_with(name, "_percent")) {
		(*text)++;
	} else if (**text && strchr("KMG", **text) && ends_with(name, "_bytes")) {
		int power = **text == 'K' ? 1 : **text == 'M' ? 2 : 3;
		for (int i = 0; i < power; i++) {
			limit *= 1024.0;
		}
		(*text)++;
	}
	if (**text && !strchr(" \t", **text)) {
		return error_set(err, -EINVAL,
			"%s: a number may have %% behind it for a percentage, and K, M or G for "
			"bytes",
			name);
	}
	*ret_limit = limit;
	return 0;
}

static int parse_op(const char **text, enum condition_op *ret_op)
{
	bool has_equal = (*text)[0] && (*text)[1] == '=';

	if (**text == '<') {
		*ret_op = has_equal ? CONDITION_OP_AT_MOST : CONDITION_OP_LESS;
	} else if (**text == '>') {
		*ret_op = has_equal ? CONDITION_OP_AT_LEAST : CONDITION_OP_MORE;
	} else {
		return -EINVAL;
	}
	*text += 1 + has_equal;
	return 0;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static int parse_term(const char **text, struct condition_term *ret_term, struct error *err)
{
	struct condition_term term;
	size_t length = strcspn(*text, " \t<>");

	snprintf(term.name, sizeof(term.name), "%.*s", (int)length, *text);
	if (length == 0 || length >= sizeof(term.name) ||
		figure_find(term.name, &term.figure) < 0) {
		return error_set(err, -EINVAL,
			"%s: is not a figure; must be one of twinlens-watch(1), such as "
			"memory.used_percent",
			term.name);
	}
	*text = skip_blanks(*text + length);
	if (parse_op(text, &term.op) < 0) {
		return error_set(err, -EINVAL, "%s: one of < <= > >= must follow", term.name);
	}
	*text = skip_blanks(*text);
	int r = parse_limit(text, term.name, &term.limit, err);
	if (r == 0) {
		*ret_term = term;
	}
	return r;
}

int condition_parse(const char *text, struct condition *ret_condition, struct error *err)
{
	static const char word[] = "and";
	struct condition condition = {.n = 0};

	for (;;) {
		if (condition.n == CONDITION_TERMS_MAX) {
			return error_set(err, -EINVAL, "more than %d terms", CONDITION_TERMS_MAX);
		}
		text = skip_blanks(text);
		int r = parse_term(&text, &condition.terms[condition.n], err);
		if (r < 0) {
			return r;
		}
		condition.n++;
		text = skip_blanks(text);
		if (!*text) {
			*ret_condition = condition;
			return 0;
		}
		if (strncmp(text, word, strlen(word)) != 0 || !strchr(" \t", text[strlen(word)])) {
			return error_set(err, -EINVAL,
				"%.50s: only \"and\" and another term may follow", text);
		}
		text += strlen(word);
	}
}

/* Comparisons with NAN are false. */
static bool compare(enum condition_op op, double value, double limit)
{
	switch (op) {
	case CONDITION_OP_LESS:
		return value < limit;
	case CONDITION_OP_AT_MOST:
		return value <= limit;
	case CONDITION_OP_MORE:
		return value > limit;
	case CONDITION_OP_AT_LEAST:
		return value >= limit;
	}
	return false;
}

static bool is_true(const struct condition *condition, const struct system_sample *system,
	const struct process_sample *processes, bool is_eased)
{
	for (size_t i = 0; i < condition->n; i++) {
		const struct condition_term *term = &condition->terms[i];
		double eased_by = figure_is_state(term->name) ? 0.0
				  : ends_with(term->name, "_percent")
					  ? POINTS
					  : fabs(term->limit) * POINTS / 100.0;
		bool is_upper = term->op == CONDITION_OP_MORE || term->op == CONDITION_OP_AT_LEAST;
		double limit = term->limit;
		if (is_eased) {
			limit += is_upper ? -eased_by : eased_by;
		}
		if (!compare(term->op, figure_value(&term->figure, system, processes), limit)) {
			return false;
		}
	}
	return true;
}

bool condition_is_true(const struct condition *condition, const struct system_sample *system,
	const struct process_sample *processes)
{
	return is_true(condition, system, processes, false);
}

bool condition_is_over(const struct condition *condition, const struct system_sample *system,
	const struct process_sample *processes)
{
	return !is_true(condition, system, processes, true);
}
