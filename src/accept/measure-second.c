#include "accept/measure-impl.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"

#define SMALL_ORDER_MAX 3
#define LARGE_ORDER_MAX 9

static uint64_t unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NSEC_PER_MSEC;
}

static const struct process_entry *find_entry(const struct process_sample *sample, const char *name)
{
	for (size_t i = 0; i < sample->n; i++) {
		if (strcmp(sample->entries[i].name, name) == 0 && !sample->entries[i].is_ended) {
			return &sample->entries[i];
		}
	}
	return NULL;
}

void measure_sample(struct measurement *measurement)
{
	uint64_t now_ns = clock_now_ns();
	struct system_sample *system = &measurement->system_sample;
	const struct sample_time time = {.sequence = system->time.sequence + 1,
		.planned_ns = now_ns,
		.taken_ns = now_ns,
		.taken_unix_ms = unix_ms()};

	system_reader_sample(&measurement->system, now_ns, system);
	system->time = time;
	process_reader_sample(&measurement->processes, now_ns, &measurement->process_sample);
	measurement->process_sample.time = time;
	measurement->is_watched |= find_entry(&measurement->process_sample, "watch") != NULL;
	measurement->memory_bytes = system->values[FIGURE_MEMORY_TOTAL];
	measurement->zram_table_bytes = system->values[FIGURE_ZRAM_TABLE];
}

/* The best zone at the worst of these orders; NAN when there is none. */
static double worst_external(const struct system_sample *sample, unsigned first, unsigned last)
{
	double worst = NAN;

	for (unsigned order = first; order <= last; order++) {
		double best = NAN;
		for (size_t i = 0; i < sample->n_zones; i++) {
			if (order < sample->zones[i].n_orders) {
				best = fmin(best, sample->zones[i].external[order]);
			}
		}
		worst = fmax(worst, best);
	}
	return worst;
}

static void fill_processes(struct measurement *measurement, struct prove_second *second)
{
	const struct process_entry *server = find_entry(&measurement->process_sample, "serve");
	const struct process_entry *self = find_entry(&measurement->process_sample, "accept");

	for (size_t i = 0; i < PROCESS_FIGURE_COUNT; i++) {
		second->server[i] = server ? server->values[i] : NAN;
	}
	second->viewers_pss = self ? self->values[PROCESS_PSS] : NAN;
	second->viewers_cpu_percent = self ? self->values[PROCESS_CPU_PERCENT] : NAN;
}

/* Pictures that came since the last second, of all viewers that are there. */
static double take_fps(struct measurement *measurement, size_t camera, double elapsed_s)
{
	unsigned frames = 0, n = 0;

	for (unsigned i = 0; i < PROVE_VIEWERS; i++) {
		const struct viewer *viewer = &measurement->crowd.viewers[i];
		const struct track *track = viewer->tracks[camera];
		if (viewer->state != VIEWER_STATE_OPEN) {
			continue;
		}
		n++;
		if (track) {
			frames += track->frames - measurement->frames[i][camera];
			measurement->frames[i][camera] = track->frames;
		}
	}
	return n > 0 && elapsed_s > 0 ? frames / (elapsed_s * n) : NAN;
}

static void take_ages(struct measurement *measurement, size_t camera, struct prove_second *second)
{
	unsigned n = measurement->n_ages[camera];
	double sum_ms = measurement->age_sum_ms[camera];

	second->age_ms[camera] = n > 0 ? sum_ms / n : NAN;
	second->ages.sum += sum_ms;
	second->ages.weight += n;
	measurement->n_ages[camera] = 0;
	measurement->age_sum_ms[camera] = 0;
}

void measurement_discount(struct measurement *measurement, double bytes)
{
	for (size_t i = 0; i < measurement->run.n; i++) {
		double *figures = measurement->seconds[i].system;
		double available = figures[FIGURE_MEMORY_AVAILABLE];
		double percent = figures[FIGURE_MEMORY_USED_PERCENT];
		double used = available * percent / (100 - percent) - bytes;
		figures[FIGURE_MEMORY_USED_PERCENT] = 100 * used / (used + available);
	}
}

void measure_second(struct measurement *measurement, struct prove_second *ret_second)
{
	const struct system_sample *system = &measurement->system_sample;
	uint64_t now_ns = clock_now_ns();
	double elapsed_s = clock_to_seconds(now_ns - measurement->second_ns);

	*ret_second = (struct prove_second){
		.time_s = clock_to_seconds(now_ns - measurement->began_ns),
		.external_small = worst_external(system, 0, SMALL_ORDER_MAX),
		.external_large = worst_external(system, SMALL_ORDER_MAX + 1, LARGE_ORDER_MAX),
	};
	memcpy(ret_second->system, system->values, sizeof(ret_second->system));
	fill_processes(measurement, ret_second);
	for (size_t camera = 0; camera < PROVE_CAMERAS_MAX; camera++) {
		ret_second->fps[camera] = NAN;
		ret_second->age_ms[camera] = NAN;
	}
	for (size_t camera = 0; camera < measurement->run.n_cameras; camera++) {
		ret_second->fps[camera] = take_fps(measurement, camera, elapsed_s);
		take_ages(measurement, camera, ret_second);
	}
	measurement->second_ns = now_ns;
}
