/* Stress and recovery. */
#include "accept/measure-impl.h"

#include <errno.h>
#include <math.h>

#include "util/clock.h"
#include "util/json.h"
#include "util/log.h"

#define STRESS_ROUNDS   5
#define STRESS_VIEWERS  8
#define STRESS_ROUND_NS NSEC_PER_SEC
#define SLICE_NS        (10 * NSEC_PER_MSEC)
#define RECOVERY_ROUNDS 3

/* The viewers that stay, and those that come and go, in turns. */
static int turn_both(struct measurement *measurement, struct crowd *extra, uint64_t end_ns)
{
	while (clock_now_ns() < end_ns) {
		int r = measure_turn(measurement, clock_now_ns() + SLICE_NS, false);
		if (r != 0) {
			return r;
		}
		r = crowd_turn(extra, 0);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int run_round(struct measurement *measurement, struct prove_stress *stress)
{
	const struct crowd_options options = {.endpoints = &measurement->endpoint,
		.n_endpoints = 1,
		.n_viewers = STRESS_VIEWERS,
		.open_timeout_ns = MEASURE_OPEN_NS};
	struct crowd extra;
	int r = crowd_init(&extra, &options);

	if (r < 0) {
		return r;
	}
	r = turn_both(measurement, &extra, clock_now_ns() + STRESS_ROUND_NS);
	stress->n_rounds++;
	stress->n_extra += extra.n_begun;
	stress->n_refused += extra.n_lost;
	crowd_done(&extra);
	return r;
}

static double mean_fps(const struct prove_run *run, const struct prove_second *seconds, size_t n)
{
	double sum = 0;
	size_t n_known = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t camera = 0; camera < run->n_cameras; camera++) {
			double fps = seconds[i].fps[camera];
			if (!isnan(fps)) {
				sum += fps;
				n_known++;
			}
		}
	}
	return n_known > 0 ? sum / (double)n_known : 0;
}

static bool is_same_server(struct measurement *measurement)
{
	_cleanup_json_ json_t *status = NULL;
	struct error err;

	if (tested_server_ask(measurement->options->server, &status, &err) < 0) {
		return false;
	}
	return json_integer_value(json_object_get(status, "pid")) ==
	       measurement->options->server->pid;
}

int measure_stress(struct measurement *measurement, struct error *err)
{
	struct prove_stress *stress = &measurement->run.stress;
	unsigned n_lost = measurement->crowd.n_lost;
	struct prove_second second;

	measure_second(measurement, &second); /* from here on */
	for (unsigned i = 0; i < STRESS_ROUNDS; i++) {
		measurement->options->on_progress(MEASURE_PHASE_STRESS, i, STRESS_ROUNDS);
		int r = run_round(measurement, stress);
		if (r < 0) {
			return error_set(err, r, "stress: %s", error_name(r));
		}
		if (r > 0) {
			return r;
		}
	}
	measure_second(measurement, &second);
	stress->fps_before = mean_fps(&measurement->run, measurement->seconds, measurement->run.n);
	stress->fps = mean_fps(&measurement->run, &second, 1);
	stress->is_survived = measurement->crowd.n_lost == n_lost && is_same_server(measurement);
	stress->is_run = true;
	return 0;
}

struct memory_state {
	double cma, unaccounted, total;
};

static struct memory_state read_memory(struct measurement *measurement)
{
	measure_sample(measurement);
	const double *values = measurement->system_sample.values;
	return (struct memory_state){
		.cma = values[FIGURE_MEMORY_CMA_FREE],
		.unaccounted = values[FIGURE_MEMORY_UNACCOUNTED],
		.total = values[FIGURE_MEMORY_TOTAL],
	};
}

/* Until as many viewers as before have pictures. The seconds that it took; NAN: not in time. */
static int recover(struct measurement *measurement, double *ret_seconds, struct error *err)
{
	unsigned n_before = measure_count_watching(measurement);
	uint64_t began_ns = clock_now_ns();

	*ret_seconds = NAN;
	crowd_done(&measurement->crowd);
	if (tested_server_restart(measurement->options->server, err) < 0) {
		log_warning("%s", err->text);
		return 0;
	}
	int r = measure_open_viewers(measurement, err);
	if (r < 0) {
		return r;
	}
	if (measure_count_watching(measurement) >= n_before) {
		*ret_seconds = clock_to_seconds(clock_now_ns() - began_ns);
	}
	return r;
}

int measure_recovery(struct measurement *measurement, struct error *err)
{
	struct prove_recovery *recovery = &measurement->run.recovery;
	const struct memory_state before = read_memory(measurement);
	double seconds = 0;

	while (recovery->n_rounds < RECOVERY_ROUNDS && !isnan(seconds)) {
		measurement->options->on_progress(
			MEASURE_PHASE_RECOVERY, recovery->n_rounds, RECOVERY_ROUNDS);
		int r = recover(measurement, &seconds, err);
		if (r != 0) {
			return r;
		}
		recovery->n_rounds++;
		recovery->seconds_max = isnan(seconds) ? NAN : fmax(recovery->seconds_max, seconds);
	}
	if (isnan(seconds)) { /* without a server there are no viewers either */
		snprintf(recovery->unplug_note, sizeof(recovery->unplug_note),
			"the server did not come back");
	} else {
		int r = measure_unplug(measurement, err);
		if (r == 0) {
			r = measure_reopen(measurement, err);
		}
		if (r != 0) {
			return r;
		}
	}
	const struct memory_state after = read_memory(measurement);
	recovery->cma_change_percent = 100 * (after.cma - before.cma) / before.total;
	recovery->unaccounted_change_percent =
		100 * (after.unaccounted - before.unaccounted) / before.total;
	recovery->is_run = true;
	return 0;
}
