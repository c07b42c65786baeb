#include "simulate/find/trial.h"

#include <errno.h>
#include <time.h>

#include "kernel/proc-text.h"
#include "simulate/limit.h"
#include "util/clock.h"

#define START_TIMEOUT_NS (30 * NSEC_PER_SEC) /* of a server, until every viewer has a picture */
#define CONNECT_PAUSE_NS (200 * NSEC_PER_MSEC)
#define SETTLE_NS        (2 * NSEC_PER_SEC)
#define REACH_NS         (8 * NSEC_PER_SEC) /* until the limit has come down */
#define WINDOW_NS        (5 * NSEC_PER_SEC)
#define CONFIRM_NS       (10 * NSEC_PER_SEC)
#define TURN_MS          20

/* What can happen while time passes. */
enum event {
	EVENT_NONE,
	EVENT_ENDED, /* the command */
};

void trial_stop(struct trial *trial)
{
	audience_disconnect(trial->audience);
	simulation_close(trial->simulation);
	trial->simulation = NULL;
}

/* EVENT_ENDED has oom_kills in ret_oom_kills. -EINTR when a signal came. */
static int turn(struct trial *trial, uint64_t *ret_oom_kills, struct error *err)
{
	struct simulation_report report;
	struct simulation_state state;
	int r = audience_turn(trial->audience, TURN_MS);

	if (r < 0) {
		return error_set(err, r, "the viewers: %s", error_name(r));
	}
	uint64_t now_ns = clock_now_ns();
	if (now_ns - trial->turned_ns < LIMIT_INTERVAL_NS) {
		return EVENT_NONE;
	}
	trial->turned_ns = now_ns;
	r = simulation_turn(trial->simulation, 0, &report, err);
	simulation_read(trial->simulation, &state);
	if (r >= 0 && state.was_signalled) {
		return error_set(err, -EINTR, "a signal came");
	}
	*ret_oom_kills = state.oom_kills == PROC_ABSENT ? 0 : state.oom_kills;
	return r < 0 ? r : r > 0 ? EVENT_ENDED : EVENT_NONE;
}

/* FIND_OUTCOME_HELD as long as nothing happened to command and viewers; a negative errno. */
static int pass(struct trial *trial, uint64_t ns, struct error *err)
{
	uint64_t end_ns = clock_now_ns() + ns, oom_kills = 0;

	do {
		int r = turn(trial, &oom_kills, err);
		if (r < 0) {
			return r;
		}
		if (oom_kills > 0) {
			return FIND_OUTCOME_OOM;
		}
		if (r == EVENT_ENDED) {
			return FIND_OUTCOME_ENDED;
		}
		if (audience_has_lost(trial->audience)) {
			return FIND_OUTCOME_LOST;
		}
	} while (clock_now_ns() < end_ns);
	return FIND_OUTCOME_HELD;
}

/* Connects again and again until the server listens. */
static int wait_watching(struct trial *trial, struct error *err)
{
	uint64_t end_ns = clock_now_ns() + START_TIMEOUT_NS;

	for (;;) {
		int r = audience_connect(trial->audience);
		if (r < 0) {
			return error_set(err, r, "the viewers: %s", error_name(r));
		}
		do {
			r = pass(trial, 0, err);
		} while (r == FIND_OUTCOME_HELD && !audience_is_watching(trial->audience) &&
			 clock_now_ns() < end_ns);
		if (r == FIND_OUTCOME_HELD) {
			return audience_is_watching(trial->audience) ? r : (int)FIND_OUTCOME_LOST;
		}
		if (r != FIND_OUTCOME_LOST || clock_now_ns() >= end_ns) {
			return r;
		}
		const struct timespec pause = {.tv_nsec = (long)CONNECT_PAUSE_NS};
		nanosleep(&pause, NULL);
	}
}

static int start(struct trial *trial, uint64_t memory_bytes, struct error *err)
{
	const struct simulation_settings settings = {.memory_bytes = memory_bytes,
		.is_quiet = trial->settings->is_quiet,
		.argv = trial->settings->argv};
	int r = simulation_open(&settings, &trial->simulation, err);

	return r < 0 ? r : wait_watching(trial, err);
}

/* Until the limit is where it is to be, and what it did is over. */
static int settle(struct trial *trial, uint64_t memory_bytes, struct error *err)
{
	uint64_t end_ns = clock_now_ns() + REACH_NS;
	struct simulation_state state;

	int r = simulation_set_memory(trial->simulation, memory_bytes);
	if (r < 0) {
		return error_set(err, r, "the limit cannot be set: %s", error_name(r));
	}
	for (;;) {
		r = pass(trial, SETTLE_NS, err);
		simulation_read(trial->simulation, &state);
		if (r != FIND_OUTCOME_HELD || state.limit_bytes <= memory_bytes) {
			return r;
		}
		if (clock_now_ns() >= end_ns) {
			return FIND_OUTCOME_STUCK;
		}
	}
}

static enum find_outcome judge(const struct trial *trial, const struct find_step *step)
{
	if (step->fps < trial->min_fps) {
		return FIND_OUTCOME_FPS;
	}
	return trial->max_age_ns > 0 && step->age_ns > trial->max_age_ns ? FIND_OUTCOME_AGE
									 : FIND_OUTCOME_HELD;
}

static int measure(
	struct trial *trial, uint64_t window_ns, struct find_step *step, struct error *err)
{
	struct audience_result result;
	struct simulation_state state;

	audience_begin(trial->audience);
	int r = pass(trial, window_ns, err);
	if (r < 0) {
		return r;
	}
	audience_read(trial->audience, &result);
	simulation_read(trial->simulation, &state);
	step->fps = result.fps;
	step->age_ns = result.age_ns;
	step->current_bytes = state.current_bytes;
	step->shared_bytes = r == FIND_OUTCOME_HELD ? simulation_read_shared(trial->simulation) : 0;
	step->outcome = r == FIND_OUTCOME_HELD ? judge(trial, step) : (enum find_outcome)r;
	return 0;
}

/* What is broken is started anew for the next step. */
static void end_step(struct trial *trial, struct find_step *step)
{
	if (step->outcome != FIND_OUTCOME_HELD && step->outcome != FIND_OUTCOME_FPS &&
		step->outcome != FIND_OUTCOME_AGE) {
		trial_stop(trial);
	}
	if (trial->settings->on_step) {
		trial->settings->on_step(step, trial->settings->data);
	}
}

int trial_run(struct trial *trial, uint64_t memory_bytes, bool is_from_start,
	struct find_step *ret_step, struct error *err)
{
	struct find_step step = {.memory_bytes = memory_bytes, .is_from_start = is_from_start};
	int r = FIND_OUTCOME_HELD;

	if (is_from_start) {
		trial_stop(trial);
	}
	if (!trial->simulation) {
		r = start(trial, is_from_start ? memory_bytes : trial->total_bytes, err);
	}
	if (r == FIND_OUTCOME_HELD) {
		r = settle(trial, memory_bytes, err);
	}
	if (r < 0) {
		return r;
	}
	step.outcome = (enum find_outcome)r;
	if (r == FIND_OUTCOME_HELD) {
		r = measure(trial, is_from_start ? CONFIRM_NS : WINDOW_NS, &step, err);
	}
	if (r < 0) {
		return r;
	}
	end_step(trial, &step);
	*ret_step = step;
	return 0;
}
