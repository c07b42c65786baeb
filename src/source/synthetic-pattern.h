/*
 * The synthetic picture: colour bars, a grey ramp, a ball that rolls, the camera's name and size,
 * the sequence and the time of day. Drawn by rows, so that nobody needs a whole picture in memory.
 * Only the rows of the ball, of the sequence and of the time change; they begin and end at
 * multiples of 8.
 */
#ifndef SOURCE_SYNTHETIC_PATTERN_H
#define SOURCE_SYNTHETIC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct synthetic_pattern {
	uint32_t width, height;
	uint32_t scale; /* pixels of a letter's dot */
	uint32_t step;  /* pixels that the ball rolls from picture to picture */
	/* First rows of the parts, from top to bottom. */
	uint32_t ramp_at, ball_at, title_at, counter_at;
	char title[64];
	char size[32];
	char counter[24];
	char clock[16];
	uint32_t ball_x; /* its left edge */
};

void synthetic_pattern_init(struct synthetic_pattern *pattern, const char *name, uint32_t width,
	uint32_t height, uint32_t fps);

/* What the next picture shows: its sequence, and the time in ns of CLOCK_REALTIME, shown as local.
 */
void synthetic_pattern_set(
	struct synthetic_pattern *pattern, uint64_t sequence, uint64_t realtime_ns);

/* Whether any of rows first .. first + n - 1 changes from picture to picture. */
bool synthetic_pattern_is_changing(
	const struct synthetic_pattern *pattern, uint32_t first, uint32_t n);

/*
 * Draws rows first .. first + n - 1 as YUYV, as far as they are in the picture: the first one to
 * yuyv, the others each stride bytes further.
 */
void synthetic_pattern_draw(const struct synthetic_pattern *pattern, uint32_t first, uint32_t n,
	uint8_t *yuyv, size_t stride);

#endif
