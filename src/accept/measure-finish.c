/* What is known when the run proper has ended. */
#include "accept/measure-impl.h"

#include <math.h>
#include <stdio.h>

static void finish_viewer(
	const struct measurement *measurement, unsigned index, struct prove_viewer *ret_viewer)
{
	const struct viewer *viewer = &measurement->crowd.viewers[index];
	double share = 1;

	for (size_t camera = 0; camera < measurement->run.n_cameras; camera++) {
		const struct track *track = viewer->tracks[camera];
		double frames = track ? track->frames : 0;
		double delivered = track ? frames + (double)track->skipped : 0;
		share = fmin(share, delivered > 0 ? frames / delivered : 0);
	}
	*ret_viewer = (struct prove_viewer){
		.is_served = viewer->state == VIEWER_STATE_OPEN &&
			     measure_has_pictures(measurement, viewer),
		.share = share,
	};
}

static void finish_camera(struct measurement *measurement, size_t index)
{
	struct prove_camera *camera = &measurement->run.cameras[index];
	const struct loglinear *ages = &measurement->crowd.shared.ages[index].on_screen;

	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		const struct viewer *viewer = &measurement->crowd.viewers[i];
		const struct track *track = viewer->tracks[index];
		if (track && viewer->state == VIEWER_STATE_OPEN) {
			camera->gap_max_ms =
				fmax(camera->gap_max_ms, (double)track->gap_max_ns / 1e6);
			camera->freezes += track->freezes;
		}
	}
	if (ages->buckets) {
		camera->age_p50_ms = loglinear_quantile(ages, 0.5) / 1e6;
		camera->age_p99_ms = loglinear_quantile(ages, 0.99) / 1e6;
	}
}

void measure_finish(struct measurement *measurement)
{
	struct cpu_clock clock;

	crowd_settle(&measurement->crowd);
	if (cpu_clock_read(&sysroot_real, &clock) == 0) {
		measurement->run.clock_percent = cpu_clock_percent(&measurement->clock, &clock);
	}
	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		finish_viewer(measurement, i, &measurement->run.viewers[i]);
	}
	for (size_t i = 0; i < measurement->run.n_cameras; i++) {
		finish_camera(measurement, i);
	}
	const struct loglinear *lag = &measurement->crowd.shared.lag;
	measurement->run.viewer_lag_p99_ms =
		lag->total > 0 ? loglinear_quantile(lag, 0.99) / 1e6 : NAN;
	if (measurement->crowd.n_lost > 0) {
		snprintf(measurement->run.viewer_error, sizeof(measurement->run.viewer_error), "%s",
			measurement->crowd.err.text);
	}
}
