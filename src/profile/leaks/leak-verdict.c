#include "profile/leaks/leak-verdict.h"

static const char *const names[LEAK_VERDICT_COUNT] = {
	[LEAK_VERDICT_NONE] = "no leak",
	[LEAK_VERDICT_UNDECIDED] = "undecided",
	[LEAK_VERDICT_LOST] = "lost memory",
	[LEAK_VERDICT_GROWS] = "reachable memory grows",
	[LEAK_VERDICT_ERRORS] = "errors",
};

const char *leak_verdict_name(enum leak_verdict verdict)
{
	return names[verdict];
}

static bool is_lost(const struct leak_counts *counts)
{
	return counts->definite > 0 || counts->indirect > 0;
}

enum leak_verdict leak_verdict_of_rounds(const struct leak_counts *rounds, size_t n)
{
	unsigned rises = 0, rises_max = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_lost(&rounds[i])) {
			return LEAK_VERDICT_LOST;
		}
		rises = i > 0 && rounds[i].reachable > rounds[i - 1].reachable ? rises + 1 : 0;
		rises_max = rises > rises_max ? rises : rises_max;
	}
	if (rises_max >= LEAK_RISES_MAX) {
		return LEAK_VERDICT_GROWS;
	}
	return n < LEAK_ROUNDS_MIN ? LEAK_VERDICT_UNDECIDED : LEAK_VERDICT_NONE;
}

enum leak_verdict leak_verdict_at_end(const struct leak_counts *rounds, size_t n,
	const struct leak_counts *at_exit, uint64_t errors)
{
	if (errors > 0) {
		return LEAK_VERDICT_ERRORS;
	}
	return is_lost(at_exit) ? LEAK_VERDICT_LOST : leak_verdict_of_rounds(rounds, n);
}
