#include "source/synthetic-pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "source/synthetic-font.h"
#include "util/clock.h"

#define BAND 8 /* rows that are compressed together */

#define ADVANCE (FONT_WIDTH + 1) /* dots from one letter to the next */

/* A scale of 1 has room for 26 letters and all parts. */
#define WIDTH_PER_SCALE  160
#define HEIGHT_PER_SCALE 96
#define SCALE_MAX        32

#define CROSSING_SECONDS 3 /* of the ball */

struct colour {
	uint8_t y, cb, cr;
};

/* ITU-R BT.601: 75 % white, yellow, cyan, green, magenta, red, blue, black. */
static const struct colour bars[] = {{180, 128, 128}, {162, 44, 142}, {131, 156, 44}, {112, 72, 58},
	{84, 184, 198}, {65, 100, 212}, {35, 212, 114}, {16, 128, 128}};
static const struct colour track = {40, 128, 128}, ball = {170, 50, 170}, panel = {24, 128, 128};

#define LUMA_BLACK 16
#define LUMA_WHITE 235
#define LUMA_TEXT  225

static uint32_t clamp(uint32_t value, uint32_t min, uint32_t max)
{
	return value < min ? min : value > max ? max : value;
}

void synthetic_pattern_init(struct synthetic_pattern *pattern, const char *name, uint32_t width,
	uint32_t height, uint32_t fps)
{
	uint32_t by_width = width / WIDTH_PER_SCALE, by_height = height / HEIGHT_PER_SCALE;

	*pattern = (struct synthetic_pattern){.width = width, .height = height};
	pattern->scale = clamp(by_width < by_height ? by_width : by_height, 1, SCALE_MAX);
	pattern->step = clamp(width / (CROSSING_SECONDS * fps), 1, width);

	/* From the bottom up; what a low picture has no room for is the bars. */
	uint32_t line = BAND * pattern->scale;
	uint32_t below = 4 * line + 3 * BAND;
	pattern->ramp_at = height > below ? (height - below) / BAND * BAND : 0;
	pattern->ball_at = pattern->ramp_at + line;
	pattern->title_at = pattern->ball_at + line + BAND;
	pattern->counter_at = pattern->title_at + line + BAND;
	snprintf(pattern->title, sizeof(pattern->title), "%s", name);
	snprintf(pattern->size, sizeof(pattern->size), "%ux%u %u/s", width, height, fps);
	synthetic_pattern_set(pattern, 0, 0);
}

/* There and back. */
static uint32_t position(const struct synthetic_pattern *pattern, uint64_t sequence)
{
	uint32_t diameter = BAND * pattern->scale;
	uint32_t way = pattern->width > diameter ? pattern->width - diameter : 1;
	uint64_t at = sequence * pattern->step % (2 * (uint64_t)way);

	return (uint32_t)(at < way ? at : 2 * (uint64_t)way - at);
}

void synthetic_pattern_set(
	struct synthetic_pattern *pattern, uint64_t sequence, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / NSEC_PER_SEC);
	unsigned ms = (unsigned)(realtime_ns % NSEC_PER_SEC / NSEC_PER_MSEC);
	struct tm now = {0};

	localtime_r(&seconds, &now);
	snprintf(pattern->clock, sizeof(pattern->clock), "%02u:%02u:%02u.%03u",
		(unsigned)now.tm_hour % 24, (unsigned)now.tm_min % 60, (unsigned)now.tm_sec % 61,
		ms);
	snprintf(pattern->counter, sizeof(pattern->counter), "%08" PRIu64, sequence);
	pattern->ball_x = position(pattern, sequence);
}

static bool overlaps(uint32_t first, uint32_t n, uint32_t at, uint32_t rows)
{
	return first < at + rows && at < first + n;
}

bool synthetic_pattern_is_changing(
	const struct synthetic_pattern *pattern, uint32_t first, uint32_t n)
{
	uint32_t line = BAND * pattern->scale;

	return overlaps(first, n, pattern->ball_at, line) ||
	       overlaps(first, n, pattern->counter_at, line);
}

/* Pixels from .. to - 1, which are taken as pairs. */
static void fill(uint8_t *row, uint32_t from, uint32_t to, struct colour colour)
{
	for (uint32_t pair = from / 2; pair < (to + 1) / 2; pair++) {
		row[4 * pair] = colour.y;
		row[4 * pair + 1] = colour.cb;
		row[4 * pair + 2] = colour.y;
		row[4 * pair + 3] = colour.cr;
	}
}

static void draw_bars(const struct synthetic_pattern *pattern, uint8_t *row)
{
	const uint32_t n = sizeof(bars) / sizeof(bars[0]);

	for (uint32_t i = 0; i < n; i++) {
		fill(row, pattern->width * i / n, pattern->width * (i + 1) / n, bars[i]);
	}
}

static void draw_ramp(const struct synthetic_pattern *pattern, uint8_t *row)
{
	for (uint32_t x = 0; x < (pattern->width + 1) / 2 * 2; x++) {
		row[2 * x] = (uint8_t)(LUMA_BLACK +
				       x * (LUMA_WHITE - LUMA_BLACK) / (pattern->width + 1));
		row[2 * x + 1] = 128;
	}
}

/* y counts from the top of the ball. */
static void draw_ball(const struct synthetic_pattern *pattern, uint32_t y, uint8_t *row)
{
	uint32_t radius = BAND * pattern->scale / 2;
	/* Distance from the middle, which lies between two rows, in half pixels. */
	int64_t dy = 2 * (int64_t)y + 1 - 2 * (int64_t)radius;
	uint32_t half = radius;

	fill(row, 0, pattern->width, track);
	while (half > 0 && 4 * (int64_t)half * half + dy * dy > 4 * (int64_t)radius * radius) {
		half--;
	}
	uint32_t middle = pattern->ball_x + radius;
	fill(row, clamp(middle - half, 0, pattern->width), clamp(middle + half, 0, pattern->width),
		ball);
}

/* Row y (in dots) of a text whose left edge is at x; its background has no colour. */
static void draw_text(const struct synthetic_pattern *pattern, const char *text, uint32_t x,
	uint32_t y, uint8_t *row)
{
	uint32_t scale = pattern->scale;

	for (; y < FONT_HEIGHT && *text; text++, x += ADVANCE * scale) {
		unsigned dots = synthetic_font_rows(*text)[y];
		for (uint32_t i = 0; i < FONT_WIDTH * scale && x + i < pattern->width; i++) {
			if (dots >> (FONT_WIDTH - 1 - i / scale) & 1) {
				row[2 * (x + i)] = LUMA_TEXT;
			}
		}
	}
}

/* One text at the left, another one at the right where there is room for both. */
static void draw_line(const struct synthetic_pattern *pattern, const char *left, const char *right,
	uint32_t y, uint8_t *row)
{
	uint32_t advance = ADVANCE * pattern->scale;
	uint32_t margin = pattern->scale * 2;
	uint32_t left_end = margin + (uint32_t)strlen(left) * advance;
	uint32_t right_width = (uint32_t)strlen(right) * advance + pattern->scale;
	uint32_t dots = y / pattern->scale;

	draw_text(pattern, left, margin, dots, row);
	if (left_end + right_width <= pattern->width) {
		draw_text(pattern, right, pattern->width - right_width, dots, row);
	}
}

static void draw_row(const struct synthetic_pattern *pattern, uint32_t y, uint8_t *row)
{
	uint32_t line = BAND * pattern->scale;

	if (y < pattern->ramp_at) {
		draw_bars(pattern, row);
	} else if (y < pattern->ball_at) {
		draw_ramp(pattern, row);
	} else if (y < pattern->ball_at + line) {
		draw_ball(pattern, y - pattern->ball_at, row);
	} else {
		fill(row, 0, pattern->width, panel);
		if (overlaps(y, 1, pattern->title_at, line)) {
			draw_line(
				pattern, pattern->title, pattern->size, y - pattern->title_at, row);
		} else if (overlaps(y, 1, pattern->counter_at, line)) {
			draw_line(pattern, pattern->counter, pattern->clock,
				y - pattern->counter_at, row);
		}
	}
}

void synthetic_pattern_draw(const struct synthetic_pattern *pattern, uint32_t first, uint32_t n,
	uint8_t *yuyv, size_t stride)
{
	for (uint32_t i = 0; i < n && first + i < pattern->height; i++) {
		draw_row(pattern, first + i, yuyv + i * stride);
	}
}
