#include "noise.h"

#include <math.h>

#include "stats/prng.h"

#define KIB       1024.0
#define PAGE      4096.0
#define LEVEL     (13000 * KIB)
#define TAU       6.283185307179586
#define MINUTE    60.0
#define STEPS_MAX 2

static const struct model {
	const char *title;
	double sd;                 /* of the noise */
	double memory_s;           /* tau of its autocorrelation; 0: independent */
	double saw_s, saw;         /* period and height of a sawtooth; below 0 it jumps up */
	int n_steps;               /* at any time after the first 10 min */
	double step;               /* their height */
	double warm_up, warm_up_s; /* what is added in the end, and its tau */
	double fragment;           /* steps of this height, one a minute and then ever fewer */
	double fragments_s;        /* tau of their rate */
} models[NOISE_KIND_COUNT] = {
	[NOISE_KIND_WHITE] = {"independent, sd 20 KiB", .sd = 20 * KIB},
	[NOISE_KIND_SLOW] = {"autocorrelated, tau 5 min, sd 20 KiB", .sd = 20 * KIB,
		.memory_s = 5 * MINUTE},
	[NOISE_KIND_SLOWER] = {"autocorrelated, tau 15 min, sd 20 KiB", .sd = 20 * KIB,
		.memory_s = 15 * MINUTE},
	[NOISE_KIND_SAWTOOTH] = {"sawtooth, 7 min, 64 KiB", .sd = 2 * KIB, .saw_s = 7 * MINUTE,
		.saw = 64 * KIB},
	[NOISE_KIND_STEP] = {"one step of 150 KiB", .sd = 2 * KIB, .n_steps = 1, .step = 150 * KIB},
	[NOISE_KIND_STEPS] = {"two steps of 100 KiB", .sd = 2 * KIB, .n_steps = 2,
		.step = 100 * KIB},
	[NOISE_KIND_WARM_UP] = {"warm-up of 1 MiB, tau 5 min", .sd = 2 * KIB, .warm_up = 1024 * KIB,
		.warm_up_s = 5 * MINUTE},
	[NOISE_KIND_QUIET] = {"quiet, sd 2 KiB", .sd = 2 * KIB},
	[NOISE_KIND_REVERSE] = {"reverse sawtooth, 7 min, 64 KiB", .sd = 2 * KIB,
		.saw_s = 7 * MINUTE, .saw = -64 * KIB},
	[NOISE_KIND_PLATEAU] = {"growth to a plateau of 2 MiB, tau 15 min", .sd = 2 * KIB,
		.warm_up = 2048 * KIB, .warm_up_s = 15 * MINUTE},
	[NOISE_KIND_FRAGMENTS] = {"steps of 32 KiB ever fewer, tau 15 min", .sd = 2 * KIB,
		.fragment = 32 * KIB, .fragments_s = 15 * MINUTE},
	[NOISE_KIND_STEPS_SLOW] = {"two steps of 100 KiB, tau 5 min, sd 20 KiB", .sd = 20 * KIB,
		.memory_s = 5 * MINUTE, .n_steps = 2, .step = 100 * KIB},
};

const char *noise_title(enum noise_kind kind)
{
	return models[kind].title;
}

static double uniform(struct prng *prng)
{
	return (double)(prng_next(prng) >> 11) * 0x1p-53;
}

/* Box and Muller, "A note on the generation of random normal deviates", 1958. */
static double normal(struct prng *prng)
{
	return sqrt(-2 * log(1 - uniform(prng))) * cos(TAU * uniform(prng));
}

/* What is not noise, at this time. */
static double shape_at(const struct model *model, double time_s, double phase, const double *step_s)
{
	double value = 0;

	if (model->saw_s > 0) {
		value += model->saw * fmod(time_s / model->saw_s + phase, 1);
	}
	for (int k = 0; k < model->n_steps; k++) {
		value += time_s >= step_s[k] ? model->step : 0;
	}
	if (model->warm_up_s > 0) {
		value += model->warm_up * (1 - exp(-time_s / model->warm_up_s));
	}
	return value;
}

void noise_fill(enum noise_kind kind, uint64_t seed, double leak_per_hour, size_t n,
	struct series_point *ret_points)
{
	const struct model *model = &models[kind];
	double keep = model->memory_s > 0 ? exp(-NOISE_INTERVAL_S / model->memory_s) : 0;
	double duration_s = (double)n * NOISE_INTERVAL_S, step_s[STEPS_MAX], fragments = 0;
	struct prng prng;

	prng_init(&prng, seed * NOISE_KIND_COUNT + kind);
	double noise = model->sd * normal(&prng), phase = uniform(&prng);
	for (int i = 0; i < model->n_steps; i++) {
		step_s[i] = 10 * MINUTE + uniform(&prng) * (duration_s - 10 * MINUTE);
	}
	for (size_t i = 0; i < n; i++) {
		double time_s = (double)i * NOISE_INTERVAL_S;
		if (model->fragments_s > 0) {
			double rate = NOISE_INTERVAL_S / MINUTE * exp(-time_s / model->fragments_s);
			fragments += uniform(&prng) < rate ? model->fragment : 0;
		}
		double value = LEVEL + noise + fragments + shape_at(model, time_s, phase, step_s) +
			       leak_per_hour * time_s / 3600;
		ret_points[i] =
			(struct series_point){.time_s = time_s, .value = ceil(value / PAGE) * PAGE};
		noise = keep * noise + model->sd * sqrt(1 - keep * keep) * normal(&prng);
	}
}
