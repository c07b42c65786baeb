#include "client/track.h"

#include "util/clock.h"

#define JITTER_GAIN 16 /* RFC 3550 6.4.1 */

void track_begin(struct track *track, uint64_t now_ns)
{
	*track = (struct track){.begun_ns = now_ns, .counted_ns = now_ns, .latest = track->latest};
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* From b to a; 0 when a is not later. */
static uint64_t since(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void count_sequence(struct track *track, const struct track_arrival *arrival)
{
	uint32_t step = arrival->sequence - track->latest.sequence;

	if (track->latest.has_sequence && (step == 0 || step > INT32_MAX)) {
		track->disordered++;
	} else if (track->latest.has_sequence) {
		track->skipped += step - 1;
		track->skipped_by_server += arrival->skipped - track->latest.skipped;
	}
	track->latest.has_sequence = true;
	track->latest.sequence = arrival->sequence;
	track->latest.skipped = arrival->skipped;
}

/* Of what is on the screen; 0 when it is not known. */
static uint64_t screen_captured_ns(const struct track *track)
{
	return track->latest.shown_ns ? track->latest.captured_ns : track->begun_ns;
}

uint64_t track_age_ns(const struct track *track, uint64_t now_ns)
{
	uint64_t captured_ns = screen_captured_ns(track);

	return captured_ns > 0 ? since(now_ns, captured_ns) : 0;
}

/* What the viewer has seen since it was last counted gets older until now. */
static void add_screen(struct track *track, uint64_t now_ns, struct ages *const ages[TRACK_AGES])
{
	uint64_t captured_ns = screen_captured_ns(track);
	uint64_t from_ns = track->counted_ns;

	if (now_ns <= from_ns) {
		return;
	}
	track->counted_ns = now_ns;
	for (unsigned i = 0; i < TRACK_AGES && captured_ns > 0; i++) {
		if (ages[i]) {
			loglinear_add_span(&ages[i]->on_screen, since(from_ns, captured_ns),
				since(now_ns, captured_ns));
		}
	}
}

/* The time since the last arrival, as far as it was measured. */
static uint64_t open_gap_ns(const struct track *track, uint64_t now_ns)
{
	return since(now_ns, later(track->latest.shown_ns, track->begun_ns));
}

static void count_freeze(struct track *track, bool is_freeze, uint64_t gap_ns)
{
	if (is_freeze && gap_ns > 0) {
		track->freezes += track->open_frozen_ns == 0;
		track->frozen_ns += gap_ns - track->open_frozen_ns;
		track->open_frozen_ns = gap_ns;
	}
}

static void count_gap(struct track *track, uint64_t now_ns, bool is_freeze)
{
	uint64_t gap_ns = open_gap_ns(track, now_ns);

	track->gap_max_ns = later(track->gap_max_ns, gap_ns);
	count_freeze(track, is_freeze, gap_ns);
}

static void count_jitter(struct track *track, const struct track_arrival *arrival)
{
	double apart = (double)since(arrival->arrived_ns, track->latest.shown_ns);
	double taken_apart = (double)arrival->captured_ns - (double)track->latest.captured_ns;
	double difference = apart - taken_apart;

	difference = difference < 0 ? -difference : difference;
	track->jitter_ns += (difference - track->jitter_ns) / JITTER_GAIN;
}

static void count_age(struct track *track, const struct track_arrival *arrival,
	struct ages *const ages[TRACK_AGES])
{
	uint64_t age_ns = since(arrival->arrived_ns, arrival->captured_ns);

	if (arrival->captured_ns == 0) {
		return;
	}
	track->age_max_ns = later(track->age_max_ns, age_ns);
	for (unsigned i = 0; i < TRACK_AGES; i++) {
		if (ages[i]) {
			loglinear_add(&ages[i]->at_arrival, age_ns, 1);
		}
	}
	if (track->latest.captured_ns > 0) {
		count_jitter(track, arrival);
	}
}

void track_add(struct track *track, const struct track_arrival *arrival,
	struct ages *const ages[TRACK_AGES])
{
	uint64_t now_ns = arrival->arrived_ns, shown_ns = track->latest.shown_ns;

	if (arrival->has_sequence) {
		count_sequence(track, arrival);
	}
	track->bytes += arrival->size_bytes;
	if (arrival->is_broken) {
		track->broken++;
		return;
	}
	bool is_freeze =
		shown_ns && freeze_window_add(&track->latest.window, since(now_ns, shown_ns));
	count_gap(track, now_ns, is_freeze);
	track->open_frozen_ns = 0;
	add_screen(track, now_ns, ages);
	/* One that arrived before the beginning, and was read behind it, is seen but not counted.
	 */
	if (now_ns >= track->begun_ns) {
		count_age(track, arrival, ages);
		track->frames++;
		track->first_ns = track->first_ns ? track->first_ns : now_ns;
		track->last_ns = now_ns;
	}
	track->latest.shown_ns = now_ns;
	track->latest.captured_ns = arrival->captured_ns;
}

void track_settle(struct track *track, uint64_t now_ns, struct ages *const ages[TRACK_AGES])
{
	uint64_t shown_ns = track->latest.shown_ns;

	count_gap(track, now_ns,
		shown_ns && freeze_window_judge(&track->latest.window, since(now_ns, shown_ns)));
	add_screen(track, now_ns, ages);
}
