#include "stats/leak.h"

#include <assert.h>
#include <math.h>

#include "stats/leak-impl.h"
#include "stats/looks.h"
#include "util/cleanup.h"

#define KIB           1024.0
#define SECOND_LOOK_S (0.99 * 4 * 3600)

struct leak_limits leak_limits_memory(double duration_s)
{
	return (struct leak_limits){
		.least_per_hour = (duration_s < SECOND_LOOK_S ? 30 : 20) * KIB,
		.bound_per_hour = 100 * KIB,
		.least_step = 32 * KIB,
	};
}

const char *leak_verdict_name(enum leak_verdict verdict)
{
	static const char *const names[LEAK_VERDICT_COUNT] = {
		[LEAK_VERDICT_NO_LEAK] = "NO LEAK",
		[LEAK_VERDICT_UNDECIDED] = "UNDECIDED",
		[LEAK_VERDICT_STEPPED] = "STEPPED",
		[LEAK_VERDICT_LEAK] = "LEAK",
	};

	assert(verdict < LEAK_VERDICT_COUNT);
	return names[verdict];
}

static bool may_be_judged(const struct leak_result *result)
{
	return result->has_slope && looks_next_s(result->windows.duration_s) > LOOKS_FIRST_S;
}

/* Holm's procedure: as long as a leak is found, those that are left share the level again. */
static void find_leaks(struct leak_candidate *candidates, size_t n)
{
	size_t n_leaks = 0, n_before;

	do {
		n_before = n_leaks;
		for (size_t i = 0; i < n; i++) {
			struct leak_result *result = candidates[i].result;
			if (!result->has_slope || result->verdict == LEAK_VERDICT_LEAK) {
				continue;
			}
			double tail = looks_tail(result->windows.duration_s);
			leak_candidate_set_tail(&candidates[i], tail / (double)(n - n_before));
			if (may_be_judged(result) && leak_candidate_is_leak(&candidates[i])) {
				result->verdict = LEAK_VERDICT_LEAK;
				result->low_per_hour = fmax(result->low_per_hour,
					candidates[i].series->limits.least_per_hour);
				n_leaks++;
			}
		}
	} while (n_leaks > n_before && n_leaks < n);
}

static enum leak_verdict conclude(const struct leak_candidate *candidate)
{
	if (!may_be_judged(candidate->result)) {
		return LEAK_VERDICT_UNDECIDED;
	}
	if (candidate->result->verdict == LEAK_VERDICT_LEAK) {
		return LEAK_VERDICT_LEAK;
	}
	if (leak_candidate_is_stepped(candidate)) {
		return LEAK_VERDICT_STEPPED;
	}
	return leak_candidate_is_level(candidate) ? LEAK_VERDICT_NO_LEAK : LEAK_VERDICT_UNDECIDED;
}

static void candidates_done(struct leak_candidate (*candidates)[LEAK_SERIES_MAX])
{
	for (size_t i = 0; i < LEAK_SERIES_MAX; i++) {
		leak_candidate_done(&(*candidates)[i]);
	}
}

int leak_judge(const struct leak_series *series, size_t n, uint64_t seed,
	struct leak_result *ret_results, size_t *reterr_index)
{
	_cleanup_(candidates_done) struct leak_candidate candidates[LEAK_SERIES_MAX] = {0};

	assert(n >= 1 && n <= LEAK_SERIES_MAX);
	for (size_t i = 0; i < n; i++) {
		ret_results[i] = (struct leak_result){.verdict = LEAK_VERDICT_UNDECIDED};
		int r = leak_candidate_init(
			&candidates[i], &series[i], &ret_results[i], seed + i, n);
		if (r < 0) {
			*reterr_index = i;
			return r;
		}
	}
	find_leaks(candidates, n);
	for (size_t i = 0; i < n; i++) {
		struct leak_result *result = &ret_results[i];
		result->verdict = conclude(&candidates[i]);
		if (result->verdict == LEAK_VERDICT_UNDECIDED) {
			result->needed_s = leak_candidate_needed_s(&candidates[i]);
		}
	}
	return 0;
}

enum leak_verdict leak_worst(const struct leak_result *results, size_t n)
{
	enum leak_verdict worst = LEAK_VERDICT_NO_LEAK;

	for (size_t i = 0; i < n; i++) {
		worst = results[i].verdict > worst ? results[i].verdict : worst;
	}
	return worst;
}
