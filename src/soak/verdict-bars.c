#include <math.h>

#include "soak/verdict-impl.h"

const struct soak_bar_info soak_bars[SOAK_BAR_COUNT] = {
	[SOAK_BAR_RESTARTS] = {"restarts of the server", ""},
	[SOAK_BAR_VIEWERS_LOST] = {"viewers lost", ""},
	[SOAK_BAR_BROKEN] = {"broken pictures", ""},
	[SOAK_BAR_FPS] = {"least frame rate", "fps"},
	[SOAK_BAR_USED_PERCENT] = {"memory in use, most", "%"},
	[SOAK_BAR_CPU_PERCENT] = {"processors, mean", "%"},
	[SOAK_BAR_OOM_KILLS] = {"processes killed for memory", ""},
	[SOAK_BAR_PSI_PERCENT] = {"stalled for memory, most", "%"},
	[SOAK_BAR_FRAGMENTED] = {"memory gets fragmented", "a day"},
};

/* Of the guide: at most 75 % of memory, 60 % of the processors. Of PSI: as the alert of watch. */
static const double most[SOAK_BAR_COUNT] = {
	[SOAK_BAR_USED_PERCENT] = 75,
	[SOAK_BAR_CPU_PERCENT] = 60,
	[SOAK_BAR_PSI_PERCENT] = 10,
};

static void raise(struct soak_bar_result *bar, double value)
{
	if (isnan(value)) {
		return;
	}
	bar->value =
		bar->state == SOAK_BAR_STATE_UNKNOWN || value > bar->value ? value : bar->value;
	bar->state = SOAK_BAR_STATE_MET;
}

static void add_up(struct soak_bar_result *bar, double value)
{
	if (!isnan(value)) {
		bar->value += value;
		bar->state = SOAK_BAR_STATE_MET;
	}
}

void bars_add(struct soak_bar_result bars[SOAK_BAR_COUNT], struct bar_sums *sums,
	const struct soak_sample *sample, bool is_first)
{
	const double *figures = sample->figures;

	add_up(&bars[SOAK_BAR_VIEWERS_LOST], figures[SOAK_FIGURE_VIEWERS_LOST]);
	add_up(&bars[SOAK_BAR_BROKEN], figures[SOAK_FIGURE_BROKEN]);
	add_up(&bars[SOAK_BAR_OOM_KILLS], figures[SOAK_FIGURE_OOM_KILLS]);
	raise(&bars[SOAK_BAR_USED_PERCENT], figures[SOAK_FIGURE_USED_PERCENT]);
	raise(&bars[SOAK_BAR_PSI_PERCENT], figures[SOAK_FIGURE_PSI_FULL]);
	double fps = figures[SOAK_FIGURE_FPS_MIN];
	struct soak_bar_result *rate = &bars[SOAK_BAR_FPS];
	if (!isnan(fps) && !is_first &&
		(rate->state == SOAK_BAR_STATE_UNKNOWN || fps < rate->value)) {
		*rate = (struct soak_bar_result){.state = SOAK_BAR_STATE_MET, .value = fps};
	}
	if (!isnan(figures[SOAK_FIGURE_MACHINE_CPU])) {
		sums->cpu_percent += figures[SOAK_FIGURE_MACHINE_CPU];
		sums->n_cpu++;
	}
}

void bars_finish(struct soak_verdict *verdict, const struct bar_sums *sums,
	const struct soak_judging *judging)
{
	struct soak_bar_result *bars = verdict->bars;

	if (verdict->n_segments > 0) {
		bars[SOAK_BAR_RESTARTS] = (struct soak_bar_result){
			.state = SOAK_BAR_STATE_MET, .value = (double)(verdict->n_segments - 1)};
	}
	if (sums->n_cpu > 0) {
		bars[SOAK_BAR_CPU_PERCENT] = (struct soak_bar_result){.state = SOAK_BAR_STATE_MET,
			.value = sums->cpu_percent / (double)sums->n_cpu};
	}
	for (int i = 0; i < SOAK_BAR_COUNT; i++) {
		bars[i].bar = i == SOAK_BAR_FPS ? judging->fps_bar : most[i];
		bool is_missed = i == SOAK_BAR_FPS ? bars[i].value < bars[i].bar
						   : bars[i].value > bars[i].bar;
		if (bars[i].state == SOAK_BAR_STATE_MET && is_missed) {
			bars[i].state = SOAK_BAR_STATE_MISSED;
		}
	}
}
