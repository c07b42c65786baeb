/* The report for people. */
#include "load/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "util/clock.h"

static double ms(double ns)
{
	return ns / (double)NSEC_PER_MSEC;
}

static void print_ages(const struct loglinear *ages)
{
	if (!ages || ages->total == 0) {
		printf("  %27s", "-");
		return;
	}
	printf("  %6.1f %6.1f %6.1f %6.1f", ms(loglinear_quantile(ages, 0.5)),
		ms(loglinear_quantile(ages, 0.9)), ms(loglinear_quantile(ages, 0.99)),
		ms((double)ages->max_ns));
}

static void print_row(const char *viewer, const char *camera, const struct load_figures *figures)
{
	const struct ages *ages = figures->ages;

	printf("%-7s %-12.12s %8" PRIu64 " %7" PRIu64 " %6" PRIu64 " %7.2f %8.1f %7" PRIu64, viewer,
		camera, figures->frames, figures->skipped, figures->broken, figures->fps_min,
		ms((double)figures->gap_max_ns), figures->freezes);
	print_ages(ages ? &ages->on_screen : NULL);
	print_ages(ages ? &ages->at_arrival : NULL);
	printf("\n");
}

static void print_rows(const struct load_result *result)
{
	const struct load_run *run = result->run;

	printf("%-7s %-12s %8s %7s %6s %7s %8s %7s  %27s  %27s\n", "", "", "", "", "", "fps",
		"longest", "", "age on screen, ms", "age at arrival, ms");
	printf("%-7s %-12s %8s %7s %6s %7s %8s %7s", "viewer", "camera", "frames", "skipped",
		"broken", "min", "gap, ms", "freezes");
	printf("  %6s %6s %6s %6s  %6s %6s %6s %6s\n", "p50", "p90", "p99", "max", "p50", "p90",
		"p99", "max");
	for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
		const char *name = run->target->cameras[k].name;
		char number[16];
		if (result->cameras[k].n_viewers == 0) {
			continue;
		}
		for (unsigned i = 0; i < run->crowd.n_viewers && run->crowd.shared.has_own_ages;
			i++) {
			struct load_figures figures;
			load_figures_of(&figures, result, &run->crowd.viewers[i], k);
			if (figures.n_viewers > 0) {
				snprintf(number, sizeof(number), "%u",
					i / run->target->n_endpoints + 1);
				print_row(number, name, &figures);
			}
		}
		print_row("all", name, &result->cameras[k]);
	}
}

static void print_skips(const struct load_result *result)
{
	for (unsigned k = 0; k < VIEWER_CAMERAS_MAX; k++) {
		const struct load_figures *figures = &result->cameras[k];
		const char *name = result->run->target->cameras[k].name;
		if (figures->skipped != figures->skipped_by_server) {
			printf("%s: %" PRIu64 " frames are missing in the sequence, but the server "
			       "counts %" PRIu64 " as skipped\n",
				name, figures->skipped, figures->skipped_by_server);
		}
		if (figures->disordered > 0) {
			printf("%s: %" PRIu64 " frames came out of order\n", name,
				figures->disordered);
		}
	}
}

static void print_clock(const struct load_run *run)
{
	if (run->has_clock && run->clock_error_ns > 0) {
		printf("ages are known to +-%.2f ms: the server's clock is %.3f s ahead\n",
			ms((double)run->clock_error_ns), (double)run->ahead_ns / 1e9);
	}
}

int load_report_text(const struct load_result *result)
{
	const struct load_run *run = result->run;
	const struct loglinear *lag = &run->crowd.shared.lag;
	double rate = result->seconds > 0 ? (double)run->crowd.shared.bytes / result->seconds : 0;

	print_rows(result);
	printf("\n%.1f s, %.1f MB/s; viewers lost: %u\n", result->seconds, rate / 1e6,
		run->crowd.n_lost);
	if (run->others.n > 0) {
		printf("beside them %u that are slow, stall or come and go: accepted %u times, "
		       "ended by the server %u times\n",
			run->others.n, run->others.n_came, run->others.n_ended);
	}
	print_skips(result);
	print_clock(run);
	printf("load itself: %.1f %% of a core, %.1f MB, late by %.2f ms (p99), %.2f ms (max)\n",
		result->cpu_percent, (double)result->memory_bytes / 1e6,
		ms(loglinear_quantile(lag, 0.99)), ms((double)lag->max_ns));
	return ferror(stdout) ? -EIO : 0;
}
