/*
 * The ages on screen with all memory and with less, in turns. While the memory is taken, which may
 * be longer than a server bears a viewer that does not read, there are no viewers.
 */
#include "accept/measure-impl.h"

#include <errno.h>
#include <stdlib.h>

#include "util/clock.h"
#include "util/log.h"

#define TURNS       4
#define SECONDS_MIN 5 /* of a turn: two make the blocks that a verdict takes */

/*
 * 1 when interrupted. -ECANCELED: these turns do not count, and err says why; the run proper does
 * once the memory that it had taken was given back in order, which is at the first turn.
 */
static int change_memory(struct measurement *measurement, unsigned turn, struct error *err)
{
	const struct measure_options *options = measurement->options;
	struct simulated *simulated = options->simulated;
	bool is_less = turn % 2 == 1;

	crowd_done(&measurement->crowd);
	int r = is_less ? simulated_take(simulated, &sysroot_real, options->signal_fd, err)
			: simulated_give(simulated, err);
	if (r == -ECANCELED) {
		measurement->is_interrupted = true;
		return 1;
	}
	if (r < 0) {
		return turn > 0 ? -ECANCELED : r;
	}
	return measure_open_warm(measurement, err);
}

static int run_turn(struct measurement *measurement, struct equivalence_block *ret_blocks,
	unsigned n, struct error *err)
{
	uint64_t began_ns = clock_now_ns();
	struct prove_second second;

	measure_second(measurement, &second); /* from here on */
	for (unsigned i = 0; i < n; i++) {
		int r = measure_turn(measurement, began_ns + (i + 1) * NSEC_PER_SEC, false);
		if (r != 0) {
			return r < 0 ? error_set(err, r, "viewers: %s", error_name(r)) : r;
		}
		measure_second(measurement, &second);
		ret_blocks[i] = second.ages;
	}
	return 0;
}

/* As change_memory. The memory of the last turn counts when it was there until its end. */
static int run_turns(struct measurement *measurement, struct equivalence_block *full,
	struct equivalence_block *less, unsigned n, struct error *err)
{
	for (unsigned i = 0; i < TURNS; i++) {
		measurement->options->on_progress(MEASURE_PHASE_TURNS, i, TURNS);
		int r = change_memory(measurement, i, err);
		if (r == 0) {
			r = run_turn(measurement, (i % 2 == 1 ? less : full) + i / 2 * n, n, err);
		}
		if (r != 0) {
			return r;
		}
	}
	crowd_done(&measurement->crowd);
	return simulated_give(measurement->options->simulated, err) < 0 ? -ECANCELED : 0;
}

int measure_turns(struct measurement *measurement, struct error *err)
{
	unsigned n = measurement->options->seconds / TURNS;

	n = n < SECONDS_MIN ? SECONDS_MIN : n;
	measurement->turns = calloc((size_t)TURNS * n, sizeof(*measurement->turns));
	if (!measurement->turns) {
		return error_set(err, -ENOMEM, "accept: out of memory");
	}
	struct equivalence_block *full = measurement->turns, *less = full + TURNS / 2 * n;
	int r = run_turns(measurement, full, less, n, err);
	if (r == -ECANCELED) {
		log_warning("%s; the latency is compared with the baseline", err->text);
		return 0;
	}
	if (r != 0) {
		return r;
	}
	measurement->run.turns = (struct prove_turns){full, less, TURNS / 2 * n};
	return 0;
}
