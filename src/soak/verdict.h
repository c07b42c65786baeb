/*
 * The verdict of a soak, from its samples: whether anything grows, and whether the viewers got what
 * they should. Each run of the server is a segment and is judged by itself; the worst counts.
 *
 * Pure: depends on its arguments only. Any thread.
 */
#ifndef SOAK_VERDICT_H
#define SOAK_VERDICT_H

#include "soak/samples.h"
#include "stats/leak.h"

#define SOAK_SEGMENTS_MAX 64

struct soak_segment {
	size_t first, last; /* samples */
	size_t n;           /* whole ones of this run of the server, from first to last */
	double duration_s;
};

/* A figure that must not grow. */
struct soak_trend {
	enum soak_figure figure;
	struct leak_result leak;
	double last;        /* the latest value */
	double exhausted_s; /* until it takes what the machine has available; INFINITY: never */
	/* It grows by what the heap keeps free, and is STEPPED therefore: fragments are no leak. */
	bool is_fragmented;
};

enum soak_bar {
	SOAK_BAR_RESTARTS,     /* of the server: 0 */
	SOAK_BAR_VIEWERS_LOST, /* 0 */
	SOAK_BAR_BROKEN,       /* pictures: 0 */
	SOAK_BAR_FPS,          /* the least of any sample, of each viewer and camera */
	SOAK_BAR_USED_PERCENT, /* the most */
	SOAK_BAR_CPU_PERCENT,  /* of all processors, the mean */
	SOAK_BAR_OOM_KILLS,    /* 0 */
	SOAK_BAR_PSI_PERCENT,  /* the most that all waited for memory in an interval */
	SOAK_BAR_FRAGMENTED,   /* how fast the share of memory rises that is in too small pieces */
	SOAK_BAR_COUNT,
};

enum soak_bar_state {
	SOAK_BAR_STATE_UNKNOWN, /* nothing was measured */
	SOAK_BAR_STATE_MET,
	SOAK_BAR_STATE_MISSED,
};

struct soak_bar_result {
	enum soak_bar_state state;
	double value, bar;
};

struct soak_verdict {
	size_t n_samples, n_damaged;
	size_t n_segments; /* all; the first SOAK_SEGMENTS_MAX are judged */
	double measured_s; /* the durations of all segments */
	double elapsed_s;  /* from the first sample to the last, by the calendar */

	enum leak_verdict leak;      /* UNDECIDED when nothing could be judged */
	struct soak_segment segment; /* that the trends are of: the worst, the longest of these */
	struct soak_trend trends[SOAK_FIGURE_COUNT];
	size_t n_trends;
	double needed_s; /* UNDECIDED: how much longer */

	struct soak_bar_result bars[SOAK_BAR_COUNT];
};

/* period_s: at which viewers come and go; 0 for none. fps_bar: 0 where no rate was promised. */
struct soak_judging {
	double period_s;
	double fps_bar;
};

/* What each bar is called in reports, and its unit. */
extern const struct soak_bar_info {
	const char *name, *unit;
} soak_bars[SOAK_BAR_COUNT];

/* 0 or -ENOMEM. */
int soak_judge(const struct samples *samples, const struct soak_judging *judging,
	struct soak_verdict *ret_verdict);

/* Whether it met everything: NO LEAK, which is a claim of its own, and no bar missed. */
bool soak_verdict_is_good(const struct soak_verdict *verdict);

/* The trend that decided, the worst; NULL when there is none. Valid as long as verdict. */
const struct soak_trend *soak_verdict_worst(const struct soak_verdict *verdict);

#endif
