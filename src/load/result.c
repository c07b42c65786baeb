#include "load/result.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "kernel/process/process.h"
#include "metrics/hgrm.h"
#include "util/cleanup.h"
#include "util/clock.h"

#define LAG_MOST_NS      NSEC_PER_MSEC /* of 99 of 100 pictures, else the result is void */
#define CPU_MOST_PERCENT 95            /* of the one core that load can use */

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static void add_track(struct load_figures *figures, const struct track *track, double seconds)
{
	double fps = seconds > 0 ? track->frames / seconds : 0;

	figures->fps_min =
		figures->n_viewers == 0 || fps < figures->fps_min ? fps : figures->fps_min;
	figures->n_viewers++;
	figures->frames += track->frames;
	figures->skipped += track->skipped;
	figures->skipped_by_server += track->skipped_by_server;
	figures->broken += track->broken;
	figures->disordered += track->disordered;
	figures->bytes += track->bytes;
	figures->freezes += track->freezes;
	figures->frozen_ns += track->frozen_ns;
	figures->jitter_max_ns = larger(figures->jitter_max_ns, track->jitter_ns);
	if (track->gap_max_ns > figures->gap_max_ns) {
		figures->gap_max_ns = track->gap_max_ns;
	}
}

void load_figures_of(struct load_figures *ret_figures, const struct load_result *result,
	const struct viewer *viewer, unsigned camera)
{
	*ret_figures = (struct load_figures){.ages = viewer->ages[camera]};
	if (viewer->tracks[camera]) {
		add_track(ret_figures, viewer->tracks[camera], result->seconds);
	}
}

__attribute__((format(printf, 2, 3))) static void add_problem(
	struct load_result *result, const char *format, ...)
{
	va_list arguments;

	if (result->n_problems == LOAD_PROBLEMS_MAX) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(result->problems[result->n_problems++], sizeof(result->problems[0]), format,
		arguments);
	va_end(arguments);
}

static void judge_validity(struct load_result *result)
{
	const struct loglinear *lag = &result->run->crowd.shared.lag;
	double p99_ns = loglinear_quantile(lag, 0.99);

	result->is_valid = p99_ns <= LAG_MOST_NS && result->cpu_percent < CPU_MOST_PERCENT;
	if (!result->is_valid) {
		add_problem(result,
			"the result is void: load was the bottleneck: 1 %% of the pictures were "
			"read "
			"%.1f ms or more after they arrived, and load used %.0f %% of a core; use "
			"fewer viewers, or a machine with a free core",
			p99_ns / 1e6, result->cpu_percent);
	}
}

static void judge_cameras(struct load_result *result)
{
	const struct load_run *run = result->run;
	double fps_min = run->options->min_fps;
	uint64_t broken = result->n_strangers;
	bool has_too_few = false;

	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		const struct load_figures *figures = &result->cameras[i];
		const char *name = run->target->cameras[i].name;
		broken += figures->broken;
		if (figures->n_viewers > 0 && figures->fps_min < fps_min && !has_too_few) {
			has_too_few = true;
			add_problem(result,
				"%s: a viewer gets %.2f frames a second: --min-fps asks for %.2f",
				name, figures->fps_min, fps_min);
		}
	}
	if (broken > 0) {
		add_problem(result, "%" PRIu64 " pictures were broken", broken);
	}
}

static void judge(struct load_result *result)
{
	const struct crowd *crowd = &result->run->crowd;

	if (crowd->n_lost > 0) {
		add_problem(result, "%u viewers were lost; the first one: %.160s", crowd->n_lost,
			crowd->err.text);
	}
	judge_cameras(result);
	judge_validity(result);
}

void load_result_init(struct load_result *result, struct load_run *run)
{
	struct process_stats stats;

	*result = (struct load_result){
		.run = run, .seconds = clock_to_seconds(run->ended_ns - run->begun_ns)};
	process_stats_read(&sysroot_real, &stats);
	result->memory_bytes = stats.private_bytes;
	if (result->seconds > 0) {
		result->cpu_percent = 100 * clock_to_seconds(run->cpu_ns) / result->seconds;
	}
	for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
		struct load_figures *figures = &result->cameras[k];
		for (unsigned i = 0; i < run->crowd.n_viewers; i++) {
			if (run->crowd.viewers[i].tracks[k]) {
				add_track(
					figures, run->crowd.viewers[i].tracks[k], result->seconds);
			}
		}
		if (run->crowd.shared.ages[k].at_arrival.buckets) {
			figures->ages = &run->crowd.shared.ages[k];
		}
	}
	for (unsigned i = 0; i < run->crowd.n_viewers; i++) {
		result->n_strangers += run->crowd.viewers[i].strangers;
	}
	judge(result);
}

int load_result_write_hgrm(const struct load_result *result, const char *path)
{
	_cleanup_file_ FILE *file = fopen(path, "we");
	struct loglinear all;

	if (!file) {
		return -errno;
	}
	if (loglinear_init(&all, &loglinear_fine) < 0) {
		return -ENOMEM;
	}
	for (unsigned i = 0; i < VIEWER_CAMERAS_MAX; i++) {
		if (result->cameras[i].ages) {
			loglinear_merge(&all, &result->cameras[i].ages->on_screen);
		}
	}
	hgrm_write(file, &all, NSEC_PER_MSEC);
	loglinear_done(&all);
	int r = fflush(file) != 0 || ferror(file) ? -errno : 0;
	return r;
}
